"""HealthImaging: what is kept there, and the way back to DICOM."""
