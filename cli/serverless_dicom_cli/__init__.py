"""`serverless-dicom`: the project's jobs from a terminal."""
