"""An uploaded file -> the picture that is analysed, and what was seen in it -> a document of results."""
