"""A DICOM object -> the picture of one frame, as JPEG or PNG."""

from serverless_dicom.image.opening import Frame, OpenImage, open_image
from serverless_dicom.image.options import RenderOptions, Window
from serverless_dicom.image.render import Picture, render

__all__ = ["Frame", "OpenImage", "Picture", "RenderOptions", "Window", "open_image", "render"]
