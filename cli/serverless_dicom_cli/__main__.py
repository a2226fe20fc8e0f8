"""`python -m serverless_dicom_cli`."""

import sys

from serverless_dicom_cli.main import main

sys.exit(main())
