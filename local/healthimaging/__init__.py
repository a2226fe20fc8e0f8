"""AWS HealthImaging on this machine: image sets that are made of what is imported, not of what a test expects.

It speaks every operation of botocore's description of the service, groups instances by the documented key, transcodes
their frames to HTJ2K, checksums each resolution, writes manifests, and refuses what AWS refuses.
`python -m local.healthimaging --port 4569 --state DIR --endpoint-url http://127.0.0.1:4566`, or in this process:

    with running(Options(state=folder)) as imaging:
        imported = imaging.import_files(paths)
        imaging.client().get_image_set_metadata(datastoreId=imaging.datastore_id, imageSetId=imported.image_sets[0])
"""

from local.healthimaging.face import Imaging, running
from local.healthimaging.options import Options

__all__ = ["Imaging", "Options", "running"]
