"""Serverless DICOM: index, convert, analyse and archive DICOM objects on AWS."""

__version__ = "0.1.0"
