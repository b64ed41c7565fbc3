"""Typed payloads as text: JSON with GeoJSON geometry (a published JSON Schema each), CAP 1.2, GeoJSON features.

Reading is strict: limits on size and depth, no duplicate keys, no unknown keys, finite numbers only; whatever is wrong
is an InputError that names the place.
"""
