"""Genomes: variants, reads and sequences. Their values identify people, and their headers name them."""

from __future__ import annotations

from biodesci.inspection.formats.genomics.alignments import Alignments
from biodesci.inspection.formats.genomics.sequences import Fasta, Fastq
from biodesci.inspection.formats.genomics.variants import Variants

__all__ = ["Alignments", "Fasta", "Fastq", "Variants"]
