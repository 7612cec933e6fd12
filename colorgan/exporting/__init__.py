"""A model as ONNX files, for whoever has no torch: a browser, a phone, another language."""

from colorgan.exporting.run import CONSTANTS, OPSET, check_packages, export, write_export

__all__ = ["CONSTANTS", "OPSET", "check_packages", "export", "write_export"]
