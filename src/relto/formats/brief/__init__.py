"""The brief as a page: in English, Korean or Japanese; as text, and as the source of a printed page (Typst).

Every line says where it is from. What was said in another language than the page's, and is not on record in that one,
stands as it was recorded, and says in which.
"""

from relto.formats.brief.page import Line, Page, Section, page_of
from relto.formats.brief.words import LANGUAGES, Language

__all__ = ["LANGUAGES", "Language", "Line", "Page", "Section", "page_of"]
