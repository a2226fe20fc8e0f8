"""DetectLabels: what was measured, called by name; another picture is another answer, the same one the same."""

import numpy as np
from PIL import Image, ImageDraw

from tests.unit.local.rekognition.conftest import Client, encoded, with_text


def noise() -> Image.Image:
    pixels = np.random.default_rng(7).integers(0, 256, (300, 200, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def disc() -> Image.Image:
    """A bright disc in the middle of black, as of a head in CT."""
    image = Image.new("L", (256, 256))
    ImageDraw.Draw(image).ellipse((64, 64, 192, 192), fill=230)
    return image


def test_each_picture_has_labels_of_its_own(client: Client) -> None:
    of_disc, of_noise = client.names(encoded(disc())), client.names(encoded(noise()))
    of_text = client.names(encoded(with_text(((20, 20), "PORTABLE"))))
    assert {"Grayscale", "Dark Background", "Background", "Square Format", "Left-Right Symmetry"} <= set(of_disc)
    assert {"Color", "Fine Texture", "Portrait Format"} <= set(of_noise)
    assert not {"Grayscale", "Plain Background", "Left-Right Symmetry", "Text"} & set(of_noise)
    assert "Text" in of_text
    assert "Landscape Format" in of_text
    assert "Text" not in of_disc


def test_the_same_picture_has_the_same_labels_whatever_it_comes_in(client: Client) -> None:
    image = {"Bytes": encoded(disc())}
    assert client.labels(Image=image) == client.labels(Image=image)
    assert client.names(encoded(disc().convert("RGB"))) == client.names(encoded(disc()))


def test_a_label_says_where_it_is_seen(client: Client) -> None:
    found = {label["Name"]: label for label in client.labels(Image={"Bytes": encoded(disc())})["Labels"]}
    for name in ("Bright Region", "Isolated Subject"):
        (instance,) = found[name]["Instances"]
        assert all(abs(instance["BoundingBox"][side] - 0.25) < 0.03 for side in ("Left", "Top")), name
        assert all(abs(instance["BoundingBox"][side] - 0.5) < 0.03 for side in ("Width", "Height")), name
    assert found["Dark Background"]["Parents"] == [{"Name": "Background"}]
    assert found["Grayscale"]["Categories"] == [{"Name": "Colors and Visual Composition"}]
    assert found["Grayscale"]["Aliases"] == [{"Name": "Monochrome"}]


def test_the_surest_come_first_and_the_rest_is_cut(client: Client) -> None:
    image = {"Bytes": encoded(disc())}
    labels = client.labels(Image=image, MinConfidence=70.0)["Labels"]
    confidences = [label["Confidence"] for label in labels]
    assert confidences == sorted(confidences, reverse=True)
    assert min(confidences) >= 70
    assert client.labels(Image=image, MaxLabels=2)["Labels"] == labels[:2]
    assert len(client.labels(Image=image, MinConfidence=0)["Labels"]) > len(labels)


def test_filters_choose_by_name_and_by_category(client: Client) -> None:
    def names(**filters: list[str]) -> set[str]:
        return set(client.names(encoded(disc()), Settings={"GeneralLabels": filters}))

    everything = names()
    assert names(LabelInclusionFilters=["Grayscale"]) == {"Grayscale"}
    assert names(LabelExclusionFilters=["Grayscale"]) == everything - {"Grayscale"}
    shapes = names(LabelCategoryInclusionFilters=["Patterns and Shapes"])
    assert "Square Format" in shapes
    assert names(LabelCategoryExclusionFilters=["Patterns and Shapes"]) == everything - shapes
    assert names(LabelInclusionFilters=["Grayscale"], LabelCategoryInclusionFilters=["Patterns and Shapes"]) == {
        "Grayscale",
        *shapes,
    }


def test_image_properties_are_those_of_the_pixels(client: Client) -> None:
    image = Image.new("RGB", (200, 100), "red")
    image.paste("blue", (0, 0, 50, 100))
    answer = client.labels(Image={"Bytes": encoded(image)}, Features=["IMAGE_PROPERTIES"])
    assert answer["Labels"] == []
    first, second = answer["ImageProperties"]["DominantColors"]
    assert (first["HexCode"], first["CSSColor"], first["SimplifiedColor"]) == ("#ff0000", "red", "red")
    assert (second["HexCode"], second["PixelPercent"]) == ("#0000ff", 25)
    grey = client.labels(
        Image={"Bytes": encoded(disc())},
        Features=["GENERAL_LABELS", "IMAGE_PROPERTIES"],
        Settings={"ImageProperties": {"MaxDominantColors": 1}},
    )
    assert grey["Labels"]
    properties = grey["ImageProperties"]
    assert len(properties["DominantColors"]) == 1
    assert properties["Foreground"]["Quality"]["Brightness"] > properties["Background"]["Quality"]["Brightness"]


def test_every_answer_says_that_it_is_simulated(client: Client) -> None:
    answer = client.labels(Image={"Bytes": encoded(disc())})
    assert answer["LabelModelVersion"] == "simulated-1.0"
    assert "OrientationCorrection" not in answer
