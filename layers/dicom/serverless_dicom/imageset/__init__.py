"""HealthImaging's image sets: their metadata and frames <-> DICOM objects."""
