"""Whatever comes from outside is read or refused as documented, and never repeated in errors."""

import csv
import io
import json
import time
import traceback
from contextlib import suppress
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters.answering import CHANGING, READING, Call
from tests.adapters.neighbours import OWN_FORM, UNIT_ID
from tests.calling import PLATFORM, a_client
from tests.people import ANNA, BO, TOLVAN
from tests.rivta.messages import in_an_envelope, names_in
from utskick.adapters.contract_times import read_date, read_moments
from utskick.adapters.http_transport import Answered, HttpTransport
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.adapters.yaml_files import read_text
from utskick.domain.calendar import ImpossibleTime, parse_clock, parse_date
from utskick.domain.errors import SpecRefused
from utskick.domain.message_names import NAMES, ValueKind
from utskick.domain.package_specs import PackageSpec
from utskick.domain.personnummer import InvalidPersonnummer, parse_personnummer, tidied
from utskick.domain.personnummer_in_text import looks_like_personnummer
from utskick.domain.recipient_tables import NoNumberColumn, SeveralNumberColumns
from utskick.domain.recipients import (
    FileTooLarge,
    NoRecipients,
    TooManyRecipients,
    UnreadableFile,
)
from utskick.domain.rules import Rules
from utskick.domain.schedules import AnswerBy
from utskick.domain.sms import InvalidMobileNumber, parse_mobile, sms_address
from utskick.domain.specs import DispatchSpec, FormSpec
from utskick.domain.tables import csv_bytes
from utskick.ports import PermanentFailure, TemporaryFailure, UnknownOutcome
from utskick.rivta.contracts import CONTRACTS
from utskick.rivta.envelopes import fault
from utskick.use_cases.import_recipients import ImportRecipients
from utskick.web.pages.sign_in import _local

FUZZED = settings(max_examples=250, derandomize=True, deadline=None)
SLOWLY_FUZZED = settings(FUZZED, max_examples=60)
CANARY = TOLVAN
LEAKS = (CANARY.digits, CANARY.formatted, CANARY.digits[2:], CANARY.digits[8:])
NOW = datetime(2027, 2, 1, 11, tzinfo=UTC)
TODAY = NOW.date()
NAMED = (
    FileTooLarge,
    UnreadableFile,
    NoNumberColumn,
    SeveralNumberColumns,
    NoRecipients,
    TooManyRecipients,
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252", "utf-32", "utf-7")
NUMBERS = [
    CANARY.digits,
    CANARY.formatted,
    ANNA.formatted,
    BO.digits,
    "9102042398",
    "x",
    "٣",
    "\uff11",
]
SEPARATORS = [",", ";", "\t", "\n", "\r\n", " ", '"', "\u2028", "\x00", "\ufeff", "Personnummer"]

around_canary = st.lists(
    st.sampled_from([*NUMBERS, *SEPARATORS]) | st.text(max_size=5), max_size=25
).map("".join)
anything = st.text(max_size=60) | around_canary
raw = st.one_of(
    st.binary(max_size=300),
    st.tuples(around_canary, st.sampled_from(ENCODINGS)).map(
        lambda pair: pair[0].encode(pair[1], errors="replace")
    ),
)
jsons = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.just(CANARY.digits),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def shown_by(error: BaseException) -> str:
    """What a log or a page could show of the error, and of those that it came from."""
    chain = [repr(error), getattr(error, "staff_message", "")]
    shown: BaseException | None = error
    while shown is not None:
        chain += traceback.format_exception_only(shown)
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)
    return "".join(chain)


def require_discreet(error: BaseException) -> None:
    text_of_error = shown_by(error)
    assert not any(leak in text_of_error for leak in LEAKS), "an error repeats a personnummer"


@given(anything, st.booleans())
@FUZZED
def test_a_personnummer_is_twelve_ascii_digits_or_refused_discreetly(
    text: str, coordination: bool
) -> None:
    looks_like_personnummer(text)
    try:
        number = parse_personnummer(text, accept_coordination_numbers=coordination, today=TODAY)
    except InvalidPersonnummer as error:
        require_discreet(error)
    else:
        assert number.digits.isascii()
        assert len(number.digits) == 12
        assert number.digits == tidied(text).replace("-", "")
        assert number.digits[4:] not in f"{number}{number!r}"


def imported(content: bytes) -> tuple[int, int]:
    """How many rows were accepted, and how many refused or headings."""
    found = ImportRecipients(spreadsheets=OpenpyxlSpreadsheets(), rules=Rules())(content, now=NOW)
    assert not any(leak in repr(found) for leak in LEAKS)
    return len(found.accepted), len(found.refused) + found.headings


@given(raw)
@FUZZED
def test_any_file_is_read_or_refused_by_name(content: bytes) -> None:
    try:
        accepted, others = imported(content)
    except NAMED as error:
        require_discreet(error)
    else:
        assert accepted + others > 0


@given(
    st.lists(st.sampled_from([CANARY.digits, ANNA.formatted, "9102042398", "x"]), min_size=1),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"]),
)
@FUZZED
def test_in_every_encoding_each_row_is_accepted_or_refused(
    rows: list[str], end: str, encoding: str
) -> None:
    assert sum(imported(end.join(rows).encode(encoding))) == len(rows)


def a_workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in (["Namn", "Personnummer"], ["Tolvan", CANARY.digits], ["Anna", ANNA.formatted]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


WORKBOOK = a_workbook()


@given(
    st.lists(st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(1, 255)), max_size=6),
    st.integers(0, len(WORKBOOK)),
)
@SLOWLY_FUZZED
def test_a_damaged_workbook_is_read_or_refused_by_name(
    flips: list[tuple[int, int]], kept: int
) -> None:
    damaged = bytearray(WORKBOOK)
    for place, bits in flips:
        damaged[place] ^= bits
    for content in (bytes(damaged), bytes(damaged[:kept])):
        try:
            imported(content)
        except NAMED as error:
            require_discreet(error)


FIELDS = [*DispatchSpec.model_fields, *FormSpec.model_fields, *PackageSpec.model_fields, "x"]
specs = st.dictionaries(st.sampled_from([*FIELDS, CANARY.formatted]) | st.text(), jsons)
yaml_texts = st.one_of(
    raw,
    specs.map(lambda spec: json.dumps(spec).encode()),
    st.lists(
        st.sampled_from(
            ["- ", "a: ", "&a ", "*a", "{", "}", "[", "]", "\n", "  ", "!!", "|", "? "]
        )
        | st.sampled_from([*NUMBERS, "<<: ", "!!python/object:os.system ", "'", "#", "%YAML 9"]),
        max_size=20,
    ).map(lambda parts: "".join(parts).encode()),
)


@pytest.mark.parametrize("model", [DispatchSpec, FormSpec, PackageSpec])
@given(content=yaml_texts, aliases=st.booleans())
@SLOWLY_FUZZED
def test_any_spec_is_read_or_refused_with_its_places(
    model: type[DispatchSpec | FormSpec | PackageSpec], content: bytes, aliases: bool
) -> None:
    refused = None
    try:
        read_text(content, model, name="utskick.yaml", aliases=aliases)
    except SpecRefused as error:
        refused = error

    if refused:
        require_discreet(refused)
        assert refused.problems
        assert all(problem.place and problem.reason for problem in refused.problems)


@pytest.mark.parametrize(
    "field", [CANARY.digits, f"{CANARY.digits}{CANARY.digits}", f"{CANARY.formatted}0"]
)
def test_numbers_in_the_place_of_a_field_are_not_repeated(field: str) -> None:
    with pytest.raises(SpecRefused) as refused:
        read_text(f"{field}: 1".encode(), FormSpec, name="utskick.yaml")

    require_discreet(refused.value)


jinja_pieces = st.sampled_from(
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "{{ enhet }}", "{{enhet}}", " ", "\n", "'a' * 10 ** 9",
        "for x in range(10**9)", "enhet.__class__", "enhet | upper", "namespace()", "cycler",
        "{{{", "raw", "endraw", "\\", "{{ datum }}", "å", "{% if kontakt %}", "{% endif %}",
        "{% else %}", '{{ plural(tillfalle, "gång", "gånger") }}', "{% if tillfalle > 1 %}",
    ]
)  # fmt: skip
OF_A_KIND: dict[ValueKind, str | int | AnswerBy] = {
    ValueKind.TEXT: "<enhet>",
    ValueKind.NUMBER: 2,
    ValueKind.DATE: AnswerBy(date(2027, 11, 30)),
    ValueKind.TRUTH: True,
}
VALUES = {name: OF_A_KIND[each.kind] for name, each in NAMES.items()}


@given(st.lists(jinja_pieces | st.text(max_size=8), max_size=30).map("".join))
@FUZZED
def test_a_message_names_what_it_may_not_hold_or_is_filled_in_at_once(message: str) -> None:
    texts = JinjaTexts()
    begun = time.thread_time()

    if not texts.faults(message):
        filled = texts.fill_in(message, VALUES)
        assert len(filled) <= len(message) + len("30 november 2027") * message.count("{{")
        assert "{%" not in filled
        assert "{#" not in filled
    assert time.thread_time() - begun < 0.2


@given(st.sampled_from(["{{", "{{ ", "{%", "{", "{{a", "{{ enhet", "{{ enhet }} ", "{# ", " \t"]))
@FUZZED
def test_no_repetition_makes_a_message_slow(piece: str) -> None:
    texts, message = JinjaTexts(), piece * (4000 // len(piece))
    begun = time.thread_time()

    if not texts.faults(message):
        texts.fill_in(message, VALUES)

    assert time.thread_time() - begun < 0.2


phone_like = st.lists(
    st.sampled_from([*"0123456789", "070", "+46", " ", "-", "(", ")", ",", ";", "@", "ext", "٣"])
    | st.text(max_size=2),
    max_size=16,
).map("".join)  # fmt: skip


@given(phone_like | st.from_regex(r"(\+46|0)7\d[- ]?\d{7}[,;@x]?.?", fullmatch=True))
@FUZZED
def test_an_sms_has_one_receiver_or_none(text: str) -> None:
    try:
        number = parse_mobile(text)
    except InvalidMobileNumber as error:
        require_discreet(error)
        return
    address = sms_address(number)
    assert number.digits.isascii()
    assert number.digits.isdigit()
    assert len(number.digits) == 10
    assert address == f"{number.digits}@sms.vgregion.se"


ELEMENTS = sorted({name for contract in CONTRACTS.values() for name in names_in(contract.answer)})
words = st.sampled_from(
    [
        *("OK", "ERROR", "ONGOING", "true", "AV", "Published", "20270302", "20261025T023000", ""),
        *(CANARY.digits, str(OWN_FORM), UNIT_ID, f"VP007 [{PLATFORM}] {CANARY.digits}", "1"),
    ]
)
inside = st.recursive(
    words,
    lambda deeper: st.lists(st.tuples(st.sampled_from(ELEMENTS), deeper), max_size=6),
    max_leaves=30,
)
envelopes = st.builds(in_an_envelope, st.sampled_from(list(CONTRACTS.values())), inside)
faults = words.map(lambda text: fault("Server", text))
bodies = st.one_of(
    envelopes, faults, envelopes.map(lambda each: each[:-9]), st.binary(max_size=200)
)


@pytest.mark.parametrize("call", [*CHANGING, *READING], ids=lambda call: call.__name__)
@given(body=bodies, status=st.sampled_from([200, 200, 200, 404, 429, 500, 500]))
@SLOWLY_FUZZED
async def test_any_answer_is_a_result_or_a_documented_failure(
    call: Call, body: bytes, status: int
) -> None:
    async def answered(*_: object, **__: object) -> Answered:
        return Answered(status, {}, body)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpTransport, "post", answered)
        try:
            await call(a_client("http://neighbour"))
        except (TemporaryFailure, PermanentFailure) as error:
            require_discreet(error)
        except UnknownOutcome as error:
            require_discreet(error)
            assert call in CHANGING


@given(anything | st.from_regex(r"\d{8}(T\d{6})?", fullmatch=True))
@FUZZED
def test_a_time_of_the_contracts_is_read_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(read_date(text), date)
    with suppress(ValueError):
        earliest, latest = read_moments(text)
        assert earliest <= latest
        assert (latest - earliest).total_seconds() in (0, 3600)


@given(anything | st.from_regex(r"\d{2}:\d{2}(:\d{2})?|\d{4}-\d{2}-\d{2}", fullmatch=True))
@FUZZED
def test_a_date_or_time_that_staff_typed_is_read_or_refused(text: str) -> None:
    for parse in (parse_clock, parse_date):
        try:
            parse(text)
        except ImpossibleTime as error:
            require_discreet(error)


addresses = st.lists(
    st.sampled_from(
        ["/", "//", "\\", "evil.se", "https:", "javascript:", "@", "?", "#", "%2f", "%5c", "\t",
         "\n", "\r", " ", "\x00", "paketutskick", "..", ":", "[", "]", "\u2215", "\uff0f"]
    )
    | st.text(max_size=3),
    max_size=8,
).map("".join)  # fmt: skip


@given(addresses)
@FUZZED
def test_after_signing_in_nobody_is_led_away(address: str) -> None:
    target = _local(address)

    seen_by_browsers = target.translate(str.maketrans("\\", "/", "\t\r\n")).lstrip()
    assert seen_by_browsers.startswith("/")
    assert not seen_by_browsers.startswith("//")
    assert not urlsplit(seen_by_browsers).netloc


cells = st.text() | st.integers() | st.sampled_from(["=1+1", "\uff1d1", "+A1", "@SUM(A1)", "-2"])


@given(st.lists(st.lists(cells, min_size=1, max_size=4), max_size=5))
@FUZZED
def test_no_exported_cell_is_a_formula(rows: list[list[str | int]]) -> None:
    written = csv_bytes(rows).decode("utf-8-sig")

    read = list(csv.reader(io.StringIO(written, newline=""), delimiter=";"))
    assert len(read) == len(rows)
    for typed, shown in zip(rows, read, strict=True):
        for before, after in zip(typed, shown, strict=True):
            harmless = isinstance(before, int) or not after.lstrip().startswith(
                ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
            )
            assert harmless
