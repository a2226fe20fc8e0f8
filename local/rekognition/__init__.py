"""A stand-in for Amazon Rekognition on this machine: it reads text with a real OCR, and calls what it measures by name.

It knows DetectLabels and DetectText, speaks their protocol by botocore's description of the service, and refuses what
AWS refuses. It recognises no objects: its labels are properties of the pixels, and every answer says that it is
simulated. `python -m local.rekognition --port 4568 --s3 http://127.0.0.1:4566`
"""
