"""Imports that follow files and folders which move."""
