"""Review comments as lessons: what they ask for, and the reasons why one asks for nothing."""

from __future__ import annotations

import re

LONGEST = 1_500
"""Characters; more is a discussion."""
FEWEST_WORDS = 3
_SUGGESTION = re.compile(r"^```suggestion[^\n]*\n(.*?)^```[^\S\n]*$", re.DOTALL | re.MULTILINE)
_QUOTE = re.compile(r"^>.*\n?", re.MULTILINE)
_HTML = re.compile(r"<!--.*?-->|<(?:/?(?:details|summary|b|i|p|br|img|sub|sup|kbd|em|strong))\b[^<>]{0,200}>", re.DOTALL | re.IGNORECASE)
_LINKED = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\s]{1,500}\)")
_CALLED = re.compile(r"^(?:@user-\d+[\s,:]*)+")
_MENTION = re.compile(r"(?<![\w.@/`-])@[A-Za-z][\w-]*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_LINK = re.compile(r"https?://\S+")
_NIT = re.compile(r"^\W*(?:nit(?:pick)?|minor|tiny|very minor|super nit|micro-?nit)\b[\s:,.)-]*", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{2,}")
_PRAISE = re.compile(
    r"""(?:\W|[\d_]|(?:lgtm|l\ g\ t\ m|nice|great|good|love|like|liked?|thanks?|thank|you|cool|awesome|neat|perfect|excellent
    |beautiful|clean|clever|catch|call|idea|point|work|job|one|stuff|looks?|to|me|this|it|that|is|very|really|so|much|the
    |a|an|done|fixed|yes|yep|yeah|ok|okay|sounds|agreed?|makes|sense|ship|wow|haha|lol|for|doing|cleanup|improvement
    |change|approach|here|way|better|now|i|much|and|refactor\w*|tests?|solution|spot|find|of)\b)++""",
    re.IGNORECASE | re.VERBOSE,
)
_OPINION = re.compile(
    r"""\b(?:just\ (?:thinking|wondering|curious|a\ thought|fyi)|not\ (?:a\ )?block(?:ing|er)|non-?blocking
    |no\ need\ to\ (?:change|fix)|up\ to\ you|feel\ free\ to\ (?:ignore|skip)|food\ for\ thought
    |(?:in|for|as)\ (?:(?:a|an|another|separate|the)\ ){0,2}(?:follow-?up|future
    |(?:next|separate|later|other)\ (?:pr|pull\ request|mr|commit))
    |wdyt|thoughts\ ?\?|what\ do\ (?:you|we
    |people)\ think|not\ sure\ (?:if|whether|how|what|about|i)|i\ don't\ (?:mind|know|have\ (?:a\ )?strong)
    |no\ strong\ (?:opinion|feeling|preference)|out\ of\ scope|can\ be\ done\ later|fyi)\b|\bmaybe\ not\b|^\W*(?:optional
    |question|curious|note\ to\ self|for\ reviewers?|self-?review|for\ context)\b""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_ELSEWHERE = re.compile(
    r"""^\W*(?:same\ (?:here|as|thing|comment|question|issue|for|below|above)|ditto|(?:as|see)\ (?:above|below|my|previous
    |the\ other)|likewise\b|here\ (?:too|as\ well)|and\ here|also\ here|again\b|\^)|\b(?:comment|comments|discussion
    |thread)\ (?:above|below)\b|\bas\ (?:discussed|mentioned|we\ said)\b|\b(?:on|via|in)\ (?:slack|chat|irc|gitter|discord
    |teams)\b|\bdiscussed\ offline\b""",
    re.IGNORECASE | re.VERBOSE,
)
_ASKS = re.compile(
    r"""\b(?:should(?:n't)?|must|need(?:s|ed)?|please|pls|instead|rather|prefer|use|avoid|remove|drop|delete|add|move|rename
    |extract|inline|replace|change|make|keep|put|split|merge|simplif\w+|convert|return|raise|handle|check|test|document
    |missing|typo|unnecessary|unused|redundant|duplicat\w+|not\ needed|don't|do\ not|doesn't|does\ not|isn't|is\ not|won't
    |can(?:'t|not)?|could|would|might|better|wrong|incorrect|bug|leak\w*|break\w*|why\ not|what\ about|how\ about|let's
    |lets|suggest\w*|recommend|consider|fix|update|set|call|pass|wrap|guard|ensure|specify|follow|indent\w*|spelling
    |forgot|left\ ?over|outdated|stale|misleading|confusing|unclear|too|only|also|no\ longer|always|never)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_POLITE = re.compile(
    r"""\b(?:can|could|should|shall|would|will|might|may)(?:n't)?\ (?:you|we|this|that|these|it|they|i|the)\b|\b(?:would
    |wouldn't|isn't)\ it\ be\b|\b(?:why\ not|what\ about|how\ about|any\ reason\ (?:not|to\ not|we)|shouldn't|couldn't
    |wouldn't|do\ we\ (?:need|want|really)|is\ this\ (?:needed|necessary|still|used)|is\ it\ (?:needed|necessary|worth
    |possible)|typo|left\ ?over|missing|unused|instead)\b|\b(?:rename|use|move|remove|drop|add|extract|inline)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'(])|\n\s*\n|\n(?=\s*(?:[*-]|\d+\.)\s)")


def clean(text: str) -> str:
    """A comment without what it quotes, markup and the addresses of links."""
    text = _LINKED.sub(r"\1", _HTML.sub("", _QUOTE.sub("", text.replace("\r\n", "\n"))))
    return _CALLED.sub("", re.sub(r"\n{3,}", "\n\n", text).strip())


def refusal(text: str) -> str | None:
    """Why a cleaned comment teaches no review; None: it asks for something that can be done."""
    if len(text) > LONGEST:
        return "comment too long"
    if suggestion(text) is not None:
        return None
    words = _NIT.sub("", text)
    if _PRAISE.fullmatch(words):
        return "praise"
    if len(_WORD.findall(words)) < FEWEST_WORDS:
        return "comment too short"
    if _LINK.search(words):
        return "leans on a link"
    if _ELSEWHERE.search(words):
        return "leans on another comment"
    if _OPINION.search(words):
        return "only to discuss"
    if words.rstrip().endswith("?") and not _POLITE.search(words):
        return "question without a request"
    return None if _ASKS.search(words) or "`" in words else "asks for nothing"


def suggestion(text: str) -> str | None:
    """The lines that a comment puts in place of those that it is about, with their newlines; None where it suggests none."""
    match = _SUGGESTION.search(text)
    return match[1] if match else None


def sentences(text: str) -> list[str]:
    """A text in its sentences."""
    return _SENTENCE.split(text)


def impersonal(text: str) -> str:
    """A text in sentences without those that name somebody by an `@`."""
    return " ".join(one for one in sentences(text) if not _MENTION.search(one))


def gist(text: str) -> str:
    """The first sentence of a comment, without the code that it suggests."""
    words = _SUGGESTION.sub("", text).strip()
    return " ".join(_END.split(words, maxsplit=1)[0].split()).rstrip(" :;,")
