"""The word that is being typed, and the words of the user's files that begin like it.

Published code seldom has a new word where it begins like a known one (3 in 100, docs/log.md), and a
small model does not know all that stand in the files around.
"""

# K written tokens, V vocabulary

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from engine.canvas import Ids
from engine.decoding.posterior import IMPOSSIBLE
from engine.decoding.spelling import ids_behind
from engine.denoisers.protocol import Logits
from engine.lexicon import Lexicon
from engine.loose_ends.line_text import is_in_text

# So many letters have to be typed.
MIN_TYPED = 3
MAX_WORDS = 64
# How much of the probability the known words share, less than how often it is one of them: in code
# at .97, in strings, comments and prose at .9.
SHARE, TEXT_SHARE = 0.9, 0.7
# How much of that goes by how often a word stands there; the rest goes as the model says.
COUNT_SHARE = 0.2
_LEAST = 1e-9
_IN_WORD = re.compile(r"[\w$]")
_WORD_END = re.compile(r"[^\W\d][\w$]*$|\$[\w$]*$")


class BegunWord:
    """For one hole: adds to the model's probabilities, as ``Memory`` does.

    ``line`` is what stands on the hole's line before it, ``texts`` what its text may be up to the
    end of the word, with how often that stands in the files; ``share`` is what they get.
    """

    def __init__(
        self, line: str, texts: Mapping[str, int], lexicon: Lexicon, share: float = SHARE
    ) -> None:
        self._line, self._texts, self._lexicon, self._share = line, texts, lexicon, share

    @staticmethod
    def of(
        line: bytes, forced: bytes, files: Iterable[str], lexicon: Lexicon, is_prose: bool = False
    ) -> BegunWord | None:
        """None where no word was begun, or none in ``files`` begins like it.

        The hole's text begins with ``forced``, the end of what was typed. ``is_prose``: the line is
        not code.
        """
        before, typed = line.decode("utf-8", "replace"), forced.decode("utf-8", "replace")
        match = _WORD_END.search(before + typed)
        if match is None or len(match.group()) < MIN_TYPED:
            return None
        words = known_words(match.group(), files)
        in_front = typed[: max(match.start() - len(before), 0)]
        left_of_hole = max(len(before) - match.start(), 0)
        texts = {in_front + word[left_of_hole:]: n for word, n in words.most_common(MAX_WORDS)}
        share = TEXT_SHARE if is_prose or is_in_text(before + typed) else SHARE
        return BegunWord(before, texts, lexicon, share) if texts else None

    def recall(self, logits: Logits, written: Ids) -> None:
        """Move probability in ``logits`` (V,), in place, to tokens that go on with a known word.

        ``written`` (K,): the hole's tokens so far. Impossible tokens stay so.
        """
        text = self._text(written)
        following: Counter[int] = Counter()
        for known, count in self._texts.items():
            if known.startswith(text) and known != text:
                rest = known[len(text) :]
                following[ids_behind(self._lexicon.tokenizer, self._line + text, rest)[0]] += count
        num_whole = self._texts.get(text, 0)
        if following or num_whole:
            self._mix(logits, following, num_whole)

    def draft(self, written: Ids) -> Ids:
        """How the most frequent known word goes on behind ``written`` (K,); often nothing."""
        text = self._text(written)
        longer = [each for each in self._texts if each.startswith(text) and each != text]
        if not longer:
            return np.empty(0, np.int64)
        rest = max(longer, key=self._texts.__getitem__)[len(text) :]
        return np.array(ids_behind(self._lexicon.tokenizer, self._line + text, rest), np.int64)

    def _text(self, written: Ids) -> str:
        pieces = map(self._lexicon.tokenizer.token_bytes, written.tolist())
        return b"".join(pieces).decode("utf-8", "replace")

    def _mix(self, logits: Logits, following: Mapping[int, int], num_whole: int) -> None:
        """Give the share to the tokens ``following``, and to all that end a word that is whole."""
        p = np.exp(logits - logits.max(), dtype=np.float64)
        p /= p.sum()
        tokens = [token for token in following if logits[token] > IMPOSSIBLE / 2]
        counts = np.array([*(following[token] for token in tokens), num_whole], np.float64)
        is_end = np.ones(len(p), np.bool_)
        is_end[self._lexicon.words] = False
        chances = np.maximum(np.array([*p[tokens], p[is_end].sum()]), _LEAST)
        known = counts > 0
        if not known.any():
            return
        by_count = COUNT_SHARE * counts / counts.sum()
        by_model = (1 - COUNT_SHARE) * known * chances / (known * chances).sum()
        # The other tokens keep their logits, and so get what is left by the share.
        odds = self._share / (1 - self._share)
        gains = np.log1p(odds * (by_count + by_model) / chances).astype(np.float32)
        logits[tokens] += gains[:-1]
        logits[is_end] += gains[-1]


def known_words(begun: str, files: Iterable[str]) -> Counter[str]:
    """How often each longer word that begins with ``begun`` stands in ``files``."""
    # A literal at its beginning is what makes the search fast.
    pattern = re.compile(rf"{re.escape(begun)}[\w$]*")
    found: Counter[str] = Counter()
    for text in files:
        for match in pattern.finditer(text):
            before = text[max(match.start() - 1, 0) : match.start()]
            if not _IN_WORD.match(before):
                found[match.group()] += 1
    return found
