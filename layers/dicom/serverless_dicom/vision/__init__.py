"""A picture -> labels and text (Amazon Rekognition)."""
