"""Letters on paper: a PDF of A4 sheets, one a customer, and the same as CSV for a printing house.

Owns the sheet's layout and words, the font, and that a file is on disk whole or not at all. Which customers get a
letter, and when the codes on it begin to work, is decided by `flows.letters`. reportlab and segno are loaded by
`booklet` and `faces` alone, which are imported where letters are printed.
"""
