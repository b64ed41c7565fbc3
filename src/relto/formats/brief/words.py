"""The words of a brief in each language: written, not transliterated; dates and countdowns as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.core.agreement import Standing
from relto.core.analysis.brief import STATE_WORDS, standing_sentence
from relto.core.analysis.countdown import countdown
from relto.core.analysis.deadlines import Deadline
from relto.core.timeline import Instant, Stamp, format_local, local_day

Language = Literal["en", "ko", "ja"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
SECTIONS: Final = ("due", "statements", "conditions", "meetings", "incidents", "measures", "exchanges")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. Templates have the names of what goes into them."""

    language: Language
    title: str
    sections: Mapping[str, str]
    states: Mapping[str, str]
    kinds: Mapping[str, str]
    """What a deadline is about, by its kind."""
    handled: Mapping[str, str]
    nothing: str
    unconfirmed: str
    source: str
    sources: str
    article: str
    says: str
    reads: str
    due_in: str
    on_record: str
    conjunction: str
    until: str
    met: str
    not_met: str
    open: str
    measure_stands: str
    measure_ended: str
    only_in: str
    since: str
    lapses: str
    assured: str
    no_date: str
    no_term: str
    midnight: str
    date: str
    month: str
    year: str
    units: tuple[str, str, str]
    joint: str

    def sentence(self, standing: Standing, zone: str) -> str:
        """A standing as one sentence."""
        if self.language == "en":
            return standing_sentence(standing, zone)
        state = self.states[standing.state]
        if standing.state == "lapsed" and standing.ends_at is not None:
            return self.since.format(state=state, at=self.instant(standing.ends_at, zone))
        if standing.ends_at is not None:
            at = self.instant(standing.ends_at, zone)
            midnight = self.midnight if format_local(standing.ends_at, zone)[11:].startswith("00:00 ") else ""
            return self.lapses.format(
                state=state, left=self.left(standing.at, standing.ends_at), at=at, midnight=midnight
            )
        if standing.term_end is not None:
            return self.assured.format(state=state, at=self.instant(standing.term_end, zone))
        if standing.state == "notice-suspended":
            return self.no_date.format(state=state)
        return self.no_term.format(state=state) if standing.in_force else state

    def cited(self, article: str) -> str:
        """An article by its number; what is cited by another name, or from elsewhere, as it is."""
        numbered = article[:1].isdigit() and ":" not in article
        return (
            self.article.format(article=article)
            if numbered or (self.language == "en" and ":" not in article)
            else article
        )

    def instant(self, at: Instant, zone: str) -> str:
        """An instant on the clock of a zone."""
        text = format_local(at, zone)
        if self.language == "en":
            return text
        return f"{self._day(text[:10])} {text[11:]}"

    def stamp(self, at: Stamp) -> str:
        """An instant no finer than its source has it."""
        text = str(at)
        if self.language == "en":
            return text
        return f"{self._day(text[:10])}{text[10:]}"

    def _day(self, text: str) -> str:
        parts = [int(one) for one in text.split("-")]
        form = (self.year, self.month, self.date)[len(parts) - 1]
        return form.format(*parts)

    def left(self, at: Instant, end: Instant) -> str:
        """The countdown that people quote, rounded up to the minute."""
        text = countdown(at, end)
        if self.language == "en":
            return text
        numbers = dict(zip(("d", "h", "min"), self.units, strict=True))
        words = text.split(" ")
        return self.joint.join(f"{words[n]}{numbers[words[n + 1]]}" for n in range(0, len(words), 2))

    def deadline(self, one: Deadline) -> str:
        """What is due."""
        if self.language == "en":
            return one.says
        last = self._day(str(local_day(one.at.plus(-1), one.zone)))
        return self.kinds[one.kind].format(last=last, says=one.says)


_EN: Final = Words(
    language="en",
    title="BRIEF as of {at}",
    sections={
        "due": "DUE NEXT",
        "statements": "WHO SAYS WHAT (last 30 days)",
        "conditions": "ON CONDITION",
        "meetings": "MEETINGS (last 30 days)",
        "incidents": "INCIDENTS (last 12 months)",
        "measures": "MEASURES (last 12 months)",
        "exchanges": "EXCHANGED (last 12 months)",
    },
    states=STATE_WORDS,
    kinds={},
    handled={},
    nothing="nothing on record",
    unconfirmed="unconfirmed",
    source="source",
    sources="SOURCES",
    article="article {article}",
    says="{by} says: {says}",
    reads="{party} reads it otherwise: {said}",
    due_in="in {left}",
    on_record="on record",
    conjunction=" and ",
    until="until",
    met="met",
    not_met="not met",
    open="left to people",
    measure_stands="still stands: {says}",
    measure_ended="ended {at}: {says}",
    only_in="",
    since="{state} since {at}; no new release",
    lapses="{state}; lapses in {left}, at {midnight}{at}",
    assured="{state}; assured to run until {at}",
    no_date="{state}; no date binds, it may end at any time",
    no_term="{state}; without a term",
    midnight="midnight, ",
    date="{}-{:02}-{:02}",
    month="{}-{:02}",
    year="{}",
    units=(" d", " h", " min"),
    joint=" ",
)
_KO: Final = Words(
    language="ko",
    title="{at} 현재 상황 보고",
    sections={
        "due": "다가오는 기한",
        "statements": "각측의 발언 (최근 30일)",
        "conditions": "조건부 사항",
        "meetings": "회담 (최근 30일)",
        "incidents": "사건 (최근 12개월)",
        "measures": "조치 (최근 12개월)",
        "exchanges": "정보 교환 (최근 12개월)",
    },
    states={
        "unsigned": "서명 전",
        "signed": "서명됨, 발효 전",
        "in-force": "발효 중",
        "notice-given": "발효 중, 종료 통보됨",
        "notice-suspended": "발효 중, 종료 통보의 효력 정지",
        "lapsed": "종료됨",
    },
    kinds={
        "notice": "이번 기간에 대한 종료 통보의 마지막 날: {last}",
        "lapse": "종료",
        "renewal": "기간 만료; 통보가 없으면 갱신",
        "consent": "동의의 만료: {says}",
        "accreditation": "인가의 만료: {says}",
        "destruction": "제공받은 것을 파기할 기한",
    },
    handled={"disputed": "양측 주장 대립", "left unanswered": "대응하지 않음", "prevention agreed": "재발 방지 합의"},
    nothing="기록 없음",
    unconfirmed="미확인",
    source="출처",
    sources="출처",
    article="제{article}조",
    says="{by}: {says}",
    reads="{party}의 해석은 다르다: {said}",
    due_in="{left} 남음",
    on_record="기록",
    conjunction="·",
    until="까지",
    met="충족",
    not_met="미충족",
    open="사람이 판단",
    measure_stands="유지 중: {says}",
    measure_ended="{at} 해제: {says}",
    only_in="영문 기록",
    since="{at}부터 {state}; 새로운 제공 불가",
    lapses="{state}; {left} 뒤 종료 ({at}{midnight})",
    assured="{state}; {at}까지 존속",
    no_date="{state}; 구속하는 기한 없음, 언제든 종료될 수 있음",
    no_term="{state}; 기한 없음",
    midnight=", 자정",
    date="{}년 {}월 {}일",
    month="{}년 {}월",
    year="{}년",
    units=("일", "시간", "분"),
    joint=" ",
)
_JA: Final = Words(
    language="ja",
    title="{at}現在の状況報告",
    sections={
        "due": "次の期限",
        "statements": "各者の発言（直近30日）",
        "conditions": "条件付きの事項",
        "meetings": "会談（直近30日）",
        "incidents": "事案（直近12か月）",
        "measures": "措置（直近12か月）",
        "exchanges": "情報交換（直近12か月）",
    },
    states={
        "unsigned": "未署名",
        "signed": "署名済み、未発効",
        "in-force": "有効",
        "notice-given": "有効、終了通告あり",
        "notice-suspended": "有効、終了通告の効力停止中",
        "lapsed": "失効",
    },
    kinds={
        "notice": "今期についての終了通告の最終日：{last}",
        "lapse": "失効",
        "renewal": "期間満了。通告がなければ更新",
        "consent": "同意の期限：{says}",
        "accreditation": "認定の期限：{says}",
        "destruction": "提供されたものを破棄する期限",
    },
    handled={"disputed": "主張が対立", "left unanswered": "対応せず", "prevention agreed": "再発防止で合意"},
    nothing="記録なし",
    unconfirmed="未確認",
    source="出典",
    sources="出典",
    article="第{article}条",
    says="{by}：{says}",
    reads="{party}の解釈は異なる：{said}",
    due_in="残り{left}",
    on_record="記録",
    conjunction="・",
    until="まで",
    met="充足",
    not_met="未充足",
    open="人の判断による",
    measure_stands="継続中：{says}",
    measure_ended="{at}解除：{says}",
    only_in="英文の記録",
    since="{at}より{state}。新たな提供は不可",
    lapses="{state}。あと{left}で失効（{at}{midnight}）",
    assured="{state}。{at}まで存続",
    no_date="{state}。拘束する期限はなく、いつでも終了しうる",
    no_term="{state}。期限の定めなし",
    midnight="、午前零時",
    date="{}年{}月{}日",
    month="{}年{}月",
    year="{}年",
    units=("日", "時間", "分"),
    joint="",
)
WORDS: Final[Mapping[Language, Words]] = {"en": _EN, "ko": _KO, "ja": _JA}
