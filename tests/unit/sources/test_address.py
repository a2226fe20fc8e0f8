"""A URL means one thing, or is refused."""

from ipaddress import IPv6Address

import pytest

from serverless_dicom.errors import InvalidRequest, SourceNotAllowed
from serverless_dicom.sources.address import Credentials, parse_address

ACCOUNT = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("url", "bucket", "key", "version"),
    [
        ("s3://bucket/key", "bucket", "key", None),
        ("S3://bucket/a/b//c.dcm", "bucket", "a/b//c.dcm", None),
        ("s3://bucket/a%20b+c#d&e=f", "bucket", "a%20b+c#d&e=f", None),
        ("s3://bucket/key?versionId=3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY", "bucket", "key",
         "3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"),
        ("https://bucket.s3.amazonaws.com/a/key", "bucket", "a/key", None),
        ("http://bucket.s3.amazonaws.com/key", "bucket", "key", None),
        ("https://bucket.s3.amazonaws.com:443/key", "bucket", "key", None),
        ("https://BUCKET.S3.AmazonAWS.com./key", "bucket", "key", None),
        ("https://bucket.s3.eu-central-1.amazonaws.com/key", "bucket", "key", None),
        ("https://bucket.s3-eu-central-1.amazonaws.com/key", "bucket", "key", None),
        ("https://bucket.s3.us-gov-west-1.amazonaws.com/key", "bucket", "key", None),
        ("https://bucket.s3.dualstack.eu-central-1.amazonaws.com/key", "bucket", "key", None),
        ("https://bucket.s3.cn-north-1.amazonaws.com.cn/key", "bucket", "key", None),
        ("https://bucket.s3-accelerate.amazonaws.com/key", "bucket", "key", None),
        ("https://bucket.s3-accelerate.dualstack.amazonaws.com/key", "bucket", "key", None),
        ("https://bucket.s3-fips.us-east-1.amazonaws.com/key", "bucket", "key", None),
        ("https://bucket.s3-external-1.amazonaws.com/key", "bucket", "key", None),
        ("https://my.dotted.bucket.s3.us-west-2.amazonaws.com/key", "my.dotted.bucket", "key", None),
        ("https://my.s3.us-west-2.s3.amazonaws.com/key", "my.s3.us-west-2", "key", None),
        ("https://us-east-1.s3.amazonaws.com/key", "us-east-1", "key", None),
        ("https://s3.amazonaws.com/bucket/a/key", "bucket", "a/key", None),
        ("https://s3.eu-central-1.amazonaws.com/bucket/key", "bucket", "key", None),
        ("https://s3-eu-central-1.amazonaws.com/bucket/key", "bucket", "key", None),
        ("https://s3.dualstack.eu-central-1.amazonaws.com/bucket/key", "bucket", "key", None),
        ("https://s3.cn-north-1.amazonaws.com.cn/bucket/key", "bucket", "key", None),
        ("https://bucket.s3.amazonaws.com/a%20b+c%2Fd%C3%A9%3F?X-Amz-Signature=secret&versionId=v%2B1#x", "bucket",
         "a b+c/dé?", "v+1"),
        ("https://bucket.s3.amazonaws.com/key?versionId=null", "bucket", "key", "null"),
        ("https://s3.amazonaws.com/bucket/key?X-Amz-Credential=a%2Fb&x-id=GetObject", "bucket", "key", None),
    ],
)  # fmt: skip
def test_objects_of_s3_are_understood_in_every_form(url: str, bucket: str, key: str, version: str | None) -> None:
    for storage_type in ("auto", "s3"):
        address = parse_address(url, storage_type)
        assert (address.kind, address.bucket, address.key, address.version_id) == ("s3", bucket, key, version)


@pytest.mark.parametrize("key", ["a key", "Schädel 日本.dcm", "a%20b", "back\\slash", "a#b"])
def test_a_key_after_s3_is_taken_as_it_stands(key: str) -> None:
    assert parse_address(f"s3://bucket/{key}").key == key


@pytest.mark.parametrize(
    ("url", "endpoint", "bucket", "key"),
    [
        (
            f"https://{ACCOUNT}.r2.cloudflarestorage.com/bucket/a%20key?X-Amz-Signature=secret",
            ACCOUNT,
            "bucket",
            "a key",
        ),
        (f"https://{ACCOUNT}.eu.r2.cloudflarestorage.com/bucket/key", f"{ACCOUNT}.eu", "bucket", "key"),
        (f"https://{ACCOUNT}.fedramp.r2.cloudflarestorage.com/bucket/key", f"{ACCOUNT}.fedramp", "bucket", "key"),
        (f"https://bucket.{ACCOUNT}.r2.cloudflarestorage.com/key", ACCOUNT, "bucket", "key"),
        (f"https://bucket.{ACCOUNT}.eu.r2.cloudflarestorage.com/a/key", f"{ACCOUNT}.eu", "bucket", "a/key"),
    ],
)
def test_objects_of_r2_are_understood(url: str, endpoint: str, bucket: str, key: str) -> None:
    for storage_type in ("auto", "r2"):
        address = parse_address(url, storage_type)
        assert (address.kind, address.bucket, address.key) == ("r2", bucket, key)
        assert address.endpoint == f"https://{endpoint}.r2.cloudflarestorage.com"


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("http://files.example", "files.example", 80, "/"),
        ("https://FILES.Example./a/b%20c?d=e&f#g", "files.example", 443, "/a/b%20c?d=e&f"),
        ("http://files.example:8080?d=/@evil.example", "files.example", 8080, "/?d=/@evil.example"),
        ("http://files.example/@evil.example/", "files.example", 80, "/@evil.example/"),
        ("http://files.example#@evil.example/", "files.example", 80, "/"),
        ("http://files.example//evil.example/..", "files.example", 80, "//evil.example/.."),
        ("http://8.8.8.8/", "8.8.8.8", 80, "/"),
        ("http://127.0.0.1:80/", "127.0.0.1", 80, "/"),
        ("http://[2606:4700:0:0::1111]:443/", "2606:4700::1111", 443, "/"),
        ("http://[::ffff:127.0.0.1]/", IPv6Address("::ffff:7f00:1").compressed, 80, "/"),
        ("http://xn--bcher-kva.example/", "xn--bcher-kva.example", 80, "/"),
        ("http://127.0.0.1.nip.example/", "127.0.0.1.nip.example", 80, "/"),
        # what looks like S3 and R2, and is anybody's
        ("https://s3.amazonaws.com.evil.example/bucket/key", "s3.amazonaws.com.evil.example", 443, "/bucket/key"),
        ("https://bucket.s3.amazonaws.com.evil.example/key", "bucket.s3.amazonaws.com.evil.example", 443, "/key"),
        ("https://evil-s3.amazonaws.com.attacker.example/k", "evil-s3.amazonaws.com.attacker.example", 443, "/k"),
        ("https://s3.amazonaws.com-evil.example/b/k", "s3.amazonaws.com-evil.example", 443, "/b/k"),
        ("https://s3amazonaws.com/b/k", "s3amazonaws.com", 443, "/b/k"),
        ("https://bucket.evils3.amazonaws.com/k", "bucket.evils3.amazonaws.com", 443, "/k"),
        (
            "https://abc123.execute-api.us-east-1.amazonaws.com/k",
            "abc123.execute-api.us-east-1.amazonaws.com",
            443,
            "/k",
        ),
        ("https://a.r2.cloudflarestorage.com.evil.example/b/k", "a.r2.cloudflarestorage.com.evil.example", 443, "/b/k"),
        ("https://evilr2.cloudflarestorage.com/b/k", "evilr2.cloudflarestorage.com", 443, "/b/k"),
    ],
)
def test_everything_else_over_http_is_a_file(url: str, host: str, port: int, target: str) -> None:
    for storage_type in ("auto", "http"):
        address = parse_address(url, storage_type)
        assert (address.kind, address.host, address.port, address.target) == ("http", host, port, target)


@pytest.mark.parametrize(
    ("url", "scheme", "port", "path", "credentials"),
    [
        ("ftp://files.example/a/b.dcm", "ftp", 21, "a/b.dcm", None),
        ("ftps://files.example/%2Fa/b%20%23c", "ftps", 990, "/a/b #c", None),
        ("ftps://files.example:21/a", "ftps", 21, "a", None),
        ("ftp://me:p%40ss%3Aw%C3%B6rd@files.example/a", "ftp", 21, "a", Credentials("me", "p@ss:wörd")),
        ("ftp://me@files.example/a", "ftp", 21, "a", Credentials("me", "")),
        ("ftp://me:a:b@files.example/a", "ftp", 21, "a", Credentials("me", "a:b")),
    ],
)
def test_files_behind_ftp_are_understood(
    url: str, scheme: str, port: int, path: str, credentials: Credentials | None
) -> None:
    for storage_type in ("auto", "ftp"):
        address = parse_address(url, storage_type)
        assert (address.kind, address.scheme, address.host) == ("ftp", scheme, "files.example")
        assert (address.port, address.key, address.credentials) == (port, path, credentials)


@pytest.mark.parametrize(
    ("url", "endpoint", "kind"),
    [
        ("http://127.0.0.1:4566/bucket/a%20key?X-Amz-Signature=secret&versionId=v1", "127.0.0.1:4566", "s3"),
        ("http://Storage.Example:9000/bucket/a%20key?versionId=v1", "storage.example:9000", "s3"),
        ("https://storage.example/bucket/a%20key?versionId=v1", "Storage.example", "s3"),
        ("https://storage.example/bucket/a%20key?versionId=v1", "storage.example:443", "s3"),
        ("http://[::1]:9000/bucket/a%20key?versionId=v1", "[::1]:9000", "s3"),
        ("http://storage.example:9001/bucket/a%20key", "storage.example:9000", "http"),
        ("http://storage.example:9001/bucket/a%20key", "storage.example", "http"),
        ("http://127.0.0.1:4566/bucket/a%20key", None, "http"),
    ],
)
def test_the_s3_client_s_own_endpoint_is_s3(url: str, endpoint: str | None, kind: str) -> None:
    address = parse_address(url, s3_endpoint=endpoint)

    assert address.kind == kind
    if kind == "s3":
        assert (address.bucket, address.key, address.version_id) == ("bucket", "a key", "v1")


MALFORMED = [
    *("", " ", "files.example/a", "//files.example/a", "/etc/passwd", "http:", "http:files.example"),
    *("http:/files.example/a",),
    *("http://", "http:///a", "http://?a", "http://#a", "http://:80/a", "https://.", "http://./a", "http://files.example.."),
    *(f"http://files.example/{bad}" for bad in ("a b", "a\tb", "a\r\nHost: evil", "a\nb", "a\x00b", "a\x7fb", "a\\b")),
    *("http://files.example/é",),
    *("http://files.example\t/", " http://files.example/", "http://files.example/ ", "\x01http://files.example/"),
    *("http://\u2488.example/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://bücher.example/", "http://lo\u00adcalhost/"),
    *("http://evil.example\\@files.example/", "http:\\\\files.example\\a", "http://files.example\\.evil.example/"),
    *("http://me@files.example/", "http://me:secret@files.example/", "https://@files.example/", "http://:@files.example/"),
    *("http://files.example@evil.example/", "http://a@b@c.example/", "http://me:80@127.0.0.1/", "http://127.0.0.1@evil.example"),
    *("http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0X7F.1/", "http://0177.0.0.1/", "http://127.1/"),
    *("http://127.0.1/", "http://0/", "http://0.0.0/", "http://127.0.0.1.1/", "http://127.0.0.01/", "http://256.0.0.1/"),
    *("http://127.0.0.0x1/", "http://1.2.3.4294967295/", "http://0x/", "http://127.0.0.1../", "http://a.1/", "http://08.8.8.8/"),
    *("http://[::1/", "http://::1/", "http://[::1]x/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[]/"),
    *("http://[127.0.0.1]/", "http://[v1.fe80]/", "http://[files.example]/", "http://[::1]:80:80/", "http://x[::1]/"),
    *("http://files.example:/", "http://files.example:0/", "http://files.example:65536/", "http://files.example:99999999/"),
    *("http://files.example:8O/", "http://files.example:+80/", "http://files.example:-1/", "http://files.example:80:80/"),
    *("http://files%2eexample/", "http://127.0.0.1%00.example/", "http://%6c%6f/", "http://-a.example/", "http://a-.example/"),
    *("http://a..example/", "http://.a.example/", f"http://{'a' * 64}.example/", f"http://{'a.' * 130}example/", "http://a$.b/"),
    "http://files.example/" + "a" * 9000,
    *("s3://", "s3://bucket", "s3://bucket/", "s3:///key", "s3:bucket/key", "s3://b/key", "s3://bu cket/key", "s3://me@bucket/key"),
    *("s3://bucket:80/key", "s3://arn:aws:s3:us-east-1:1:accesspoint/a/key", "s3://bucket/key?", "s3://bucket/key?a=b"),
    *("s3://bucket/key?X-Amz-Signature=secret", "s3://bucket/key?versionId=", "s3://bucket/key?versionId=a&b=c", "s3://bücket/key"),
    *("s3://bucket/../other/key", "s3://bucket/a/../../other/key", "s3://bucket/./key", "https://s3.amazonaws.com/bucket/../o/k"),
    *("https://s3.amazonaws.com/bucket/%2e%2e/other/key", "https://s3.amazonaws.com/bucket/a%2F..%2Fkey"),
    *("https://s3.amazonaws.com/", "https://s3.amazonaws.com/bucket", "https://s3.amazonaws.com/bucket/", "https://s3.amazonaws.com//k"),
    *("https://bucket.s3.amazonaws.com/", "https://bucket.s3.amazonaws.com", "https://s3.amazonaws.com/bu%63ket/key"),
    *("https://bucket.s3.amazonaws.com/%ff", "https://bucket.s3.amazonaws.com/a%0d%0ab", "https://bucket.s3.amazonaws.com/a%00"),
    *("https://bucket.s3.amazonaws.com/k?versionId=a&versionId=b", "https://bucket.s3.amazonaws.com/k?versionId="),
    *("https://me@bucket.s3.amazonaws.com/key", "https://bucket.s3.amazonaws.com/k?versionId=a%0a"),
    *("https://bucket.s3-website-us-east-1.amazonaws.com/key", "https://point-1.s3-accesspoint.us-east-1.amazonaws.com/key"),
    *("https://b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com/k", "https://bucket.s3.evil.amazonaws.com/key"),
    *("https://bucket.vpce-1a2b-3c.s3.us-east-1.vpce.amazonaws.com/key", "https://bucket.s3.us-east-1.amazonaws.com/a/./k"),
    *(f"https://{ACCOUNT}.r2.cloudflarestorage.com/", f"https://{ACCOUNT}.r2.cloudflarestorage.com/bucket"),
    *(f"https://{ACCOUNT}.r2.cloudflarestorage.com/bucket/../o/k", f"https://me@{ACCOUNT}.r2.cloudflarestorage.com/b/k"),
    *("ftp://files.example", "ftp://files.example/", "ftp://files.example/folder/", "ftp://files.example/a?b", "ftp://f.example/a#b"),
    *("ftp://files.example/a%0d%0aDELE b", "ftp://files.example/a%0D%0ADELE%20b", "ftp://files.example/a%0ab", "ftp://f.example/%00"),
    *("ftp://me%0d%0aDELE:secret@files.example/a", "ftp://me:sec%0aret@files.example/a", "ftp://a@b:secret@files.example/a"),
    *("ftp://files.example/%ff", "ftp://me:%ff@files.example/a", "ftp:///a", "ftp://me:secret@/a", "ftp://0177.1/a"),
]  # fmt: skip


@pytest.mark.parametrize("url", MALFORMED)
def test_what_can_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^url\b") as raised:
        parse_address(url)
    assert "secret" not in str(raised.value)
    assert len(raised.value.problems) == 1


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "FILE:///etc/passwd", "gopher://files.example/1", "data:text/plain,a", "dict://files.example:11211/",
     "ldap://files.example/", "jar:http://files.example!/", "javascript:alert(1)", "sftp://files.example/a", "netdoc:///etc/passwd",
     "unix:///var/run/docker.sock", "tftp://files.example/a", "urn:oid:1.2.3", "http+unix://%2Fvar%2Frun/", "r2://bucket/key",
     "https://bucket.s3.amazonaws.com:8443/key", "https://s3.amazonaws.com:22/bucket/key",
     f"https://{ACCOUNT}.r2.cloudflarestorage.com:8080/bucket/key"],
)  # fmt: skip
def test_other_schemes_and_ports_are_not_allowed(url: str) -> None:
    with pytest.raises(SourceNotAllowed, match=r"^nothing is fetched "):
        parse_address(url)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("s3://bucket/key", "s3"),
        ("https://bucket.s3.amazonaws.com/key", "s3"),
        (f"https://{ACCOUNT}.r2.cloudflarestorage.com/bucket/key", "r2"),
        ("https://files.example/a", "http"),
        ("ftp://files.example/a", "ftp"),
    ],
)
def test_a_type_that_the_url_is_not_is_refused(url: str, kind: str) -> None:
    for other in {"s3", "r2", "http", "ftp"} - {kind}:
        with pytest.raises(InvalidRequest, match=rf"^storage_type: this url is of type {kind}, not {other}"):
            parse_address(url, other)


@pytest.mark.parametrize("storage_type", ["", "S3", "gcs", "x" * 99])
def test_a_type_that_there_is_not_is_refused(storage_type: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^storage_type must be auto, s3, r2, ftp or http, got '\S{0,20}'$"):
        parse_address("s3://bucket/key", storage_type)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://files.example/a/b?token=secret#secret", "https://files.example/a/b"),
        ("http://files.example:8080/?token=secret", "http://files.example:8080/"),
        ("http://[2606:4700::1]:443/a?secret", "http://[2606:4700::1]:443/a"),
        ("ftp://secret:secret@files.example/a", "ftp://files.example/a"),
        ("ftps://secret:secret@files.example:21/a", "ftps://files.example:21/a"),
        ("https://bucket.s3.amazonaws.com/key?X-Amz-Signature=secret", "https://bucket.s3.amazonaws.com/key"),
        ("s3://bucket/key?versionId=v1", "s3://bucket/key"),
    ],
)
def test_what_is_shown_has_neither_credentials_nor_query(url: str, shown: str) -> None:
    address = parse_address(url)

    assert address.shown == shown
    assert "secret" not in repr(address)
