"""Everything that differs between a laptop, the test environment and production.

Values come from environment variables named UTSKICK_<GROUP>__<NAME>, from the file `config/.env`
in the current folder, or from what a `utskick up` that runs there has chosen. `example.env` lists
them all. The program refuses to start with a misspelt one in a group or in the file.
"""

import os
from collections.abc import Collection, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.production_defaults import ProductionDefaults
from utskick.domain.units import InvalidHsaId, parse_hsa_id
from utskick.files import REGION

FOLDER = Path(os.environ.get("UTSKICK_FOLDER", "")).absolute()
"""Where an installation is: the current folder, or the one that the environment names."""
DATA = FOLDER / "var"
"""Where `utskick up` keeps everything, unless another folder is asked for."""
ENV_FILE = FOLDER / "config" / ".env"
"""Where an installation's settings are."""
RUNNING = DATA / "running.env"
"""Where `utskick up` says on which ports it runs, so that the command finds it."""


def _ascii(address: str) -> str:
    if not address.isascii():
        raise ValueError("no relay can be relied on to take an address outside ASCII")
    return address


AsciiMailAddress = Annotated[EmailStr, AfterValidator(_ascii)]


def _hsa_id(text: str) -> str:
    try:
        return parse_hsa_id(text)
    except InvalidHsaId:
        raise ValueError("not an HSA-id: SE, ten digits, a hyphen and the rest") from None


HsaIdText = Annotated[str, AfterValidator(_hsa_id)]


class Group(BaseModel):
    """Whatever has a setting `…_file` beside it may be read from the file that it names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _read_from_files(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        paths = {name: given.get(f"{name}_file") for name in cls.read_from_files()}
        read = {name: _content(name, Path(path), given) for name, path in paths.items() if path}
        return given | {f"{name}_file": path or None for name, path in paths.items()} | read

    @classmethod
    def read_from_files(cls) -> Collection[str]:
        """What may be named by a file."""
        return [name for name in cls.model_fields if f"{name}_file" in cls.model_fields]


def _content(name: str, path: Path, given: Mapping[str, object]) -> str:
    """Without the line's end. Raises `ValueError`, which says nothing of what was read."""
    if given.get(name):
        raise ValueError(f"{name} and {name}_file are set: set one")
    try:
        return path.read_text().rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        raise ValueError(
            f"{name}_file ({path}) cannot be read ({type(error).__name__}): let this account"
            " read it"
        ) from None


class DatabaseSettings(Group):
    url: str = Field(
        default=f"sqlite:///{DATA / 'utskick.db'}",
        description="sqlite:///path, or postgresql+psycopg://user:password@host/name.",
    )
    url_file: Path | None = Field(default=None, description="Where `url` is.")
    owner_url: SecretStr = Field(
        default=SecretStr(""),
        description="The account that owns the tables, for `utskick migrate` alone.",
    )
    owner_url_file: Path | None = Field(default=None, description="Where `owner_url` is.")
    keys: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="Key id → base64 of 32 random bytes, which encrypt.",
    )
    current_key: str = Field(
        default="", description="The key id that is to seal: see SECURITY.md, Keys."
    )
    index_keys: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="Key id → base64 of 32 other random bytes, which find persons again.",
    )
    index_key: SecretStr = Field(
        default=SecretStr(""), description="Of every key that has none in `index_keys`."
    )
    key_file: Path = Field(
        default=DATA / "keys.json",
        description="Where the keys are when none are given here; `utskick up` makes the file.",
    )


class TlsSettings(Group):
    """Whom we trust, and who we are, where the system's own trust is not enough."""

    ca_file: Path | None = Field(
        default=None, description="PEM: the only authorities whose certificates are trusted."
    )
    client_certificate: Path | None = Field(
        default=None, description="PEM: our certificate, where one is asked for."
    )
    client_key: Path | None = Field(
        default=None, description="PEM: its key, if it is not in the same file."
    )
    client_key_password: SecretStr = Field(
        default=SecretStr(""), description="What opens the key, if it is sealed."
    )
    client_key_password_file: Path | None = Field(
        default=None, description="Where `client_key_password` is."
    )

    @property
    def names_files(self) -> bool:
        """Whether there is more to know than what the system trusts."""
        return any((self.ca_file, self.client_certificate, self.client_key))


class PlatformSettings(TlsSettings):
    """The service platform in front of forms, inbox and persons.

    Its certificates hold for each of them that has none of its own.
    """

    name: str = Field(
        default="LOCAL",
        description="What the platform that we call writes in brackets in its faults (VP007 [name]"
        " …): only its own refusals are certain.",
    )
    answers_within_s: float = Field(
        default=8,
        gt=0,
        description="By then the platform has answered or given up. 30 in production.",
    )
    original_consumer: bool = Field(
        default=True,
        description="Whether it gets our HSA-id in a header, too; off where it refuses that"
        " (VP013).",
    )


ContractAddress = Annotated[str, Field(pattern=r"^(https?://[^\s/]+)?/[^\s?#]*$")]
"""A whole URL, or a path on the neighbour's host."""


class NeighbourSettings(TlsSettings):
    """One of 1177's services, behind the platform."""

    contracts: ClassVar[tuple[str, ...]] = ()
    url: str
    addresses: dict[str, ContractAddress] = Field(
        default_factory=dict,
        description="Contract → whole URL, or path on that host, where it is not the usual one.",
    )
    logical_address: str = Field(min_length=1)
    connect_timeout_s: float = Field(default=3, gt=0)
    read_timeout_s: float = Field(
        default=10, gt=0, description="Longer than the platform takes. 32 in production."
    )
    concurrency: int = Field(
        default=50, ge=1, description="Calls at once. Of the form service: from all processes."
    )

    @model_validator(mode="after")
    def _own_contracts(self) -> Self:
        if foreign := self.addresses.keys() - set(self.contracts):
            raise ValueError(
                f"addresses holds {', '.join(sorted(foreign))}: give {' or '.join(self.contracts)}"
            )
        return self


class FormServiceSettings(NeighbourSettings):
    url: str = "http://127.0.0.1:8177"
    contracts = ("CreateFormRequest", "GetForms", "GetForm", "GetFormTemplates")
    logical_address: str = Field(
        default="SE0000000000-FORMS", min_length=1, description="The form engine's HSA-id."
    )
    care_system_hsa_id: str = Field(
        default="",
        description="The care system that the engine is to notify of answers"
        " (healthcare_systemID); empty: not sent.",
    )
    care_giver_hsa_id: str = Field(
        default="",
        description="The legal care giver of all our units (healthcare_CareGiver); empty: not"
        " sent.",
    )
    settle_s: float = Field(
        default=60,
        ge=0,
        description="No late call can land after this: six times the platform's limit. 180 in"
        " production.",
    )
    clock_skew_s: float = Field(
        default=60, ge=0, description="How far its clock may be from ours."
    )
    adopts_changed_dates: bool = Field(
        default=False,
        description="A form with other dates than ours is taken for ours if it is the only one"
        " since our call. Only once it is confirmed that the form engine changes them.",
    )
    manual_after_s: float = Field(
        default=4 * 3600, gt=0, description="Reading back in vain for so long: staff must look."
    )
    most_unclear_calls: int = Field(
        default=5,
        ge=1,
        description="A form that is not there after so many calls without a clear answer is left"
        " to staff.",
    )


class InboxSettings(NeighbourSettings):
    url: str = "http://127.0.0.1:8177"
    contracts = ("AddMessageToPatientPortalInbox", "IsActiveUser")
    logical_address: str = Field(
        default="SE0000000000-INBOX", min_length=1, description="The portal's HSA-id."
    )
    source_system: str = Field(
        default="LOCAL-UTSKICK",
        description="What the portal's administration calls us; without it there is neither link"
        " nor notification.",
    )
    link_system_id: str = Field(
        default="FORMULAR", description="What it calls formular.1177.se, whose address it knows."
    )
    link_query: str = Field(
        default="formular={form_id}",
        pattern=r"^[^{}]*\{form_id\}[^{}]*$",
        description="What follows that address, once for each form.",
    )
    link_type: Literal["CurrentTarget", "NewTarget", "Embedded", "Widget"] = "CurrentTarget"
    link_text: str = Field(
        default="", description="What residents press; empty: a text that counts the forms."
    )
    per_s: float = Field(
        default=50,
        gt=0,
        description="Calls a second, questions too; agreements differ. 1 in production.",
    )
    batch: int = Field(default=1000, ge=1, description="So many messages, then a pause.")
    pause_s: float = Field(
        default=0, ge=0, description="Between two batches of messages. 300 in production."
    )
    patience_s: float = Field(
        default=1, ge=0, description="A page or a start waits so long for it, and no longer."
    )
    remembered_s: float = Field(
        default=12 * 3600,
        ge=60,
        description="What it has said of a person holds so long while staff start something.",
    )
    fresh_s: float = Field(
        default=30,
        ge=0,
        description="And so long when it is sent. 3600 in production: longer than any lead.",
    )


class PersonsSettings(NeighbourSettings):
    url: str = "http://127.0.0.1:8177"
    contracts = ("GetPersonsForProfile",)
    logical_address: str = Field(
        default="SE0000000000-PERSONS", min_length=1, description="The register's HSA-id."
    )
    profile: Literal["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10"] = Field(
        default="P1", description="How much of a person we have the right to; P1 is enough."
    )
    per_s: float = Field(default=10, gt=0, description="Calls a second: the national limit.")
    batch: int = Field(default=100, ge=1, le=500, description="Persons in one call.")
    test_persons: bool = Field(
        default=True,
        description="Whether those whom the register marks as test persons are persons. In"
        " production they are not, unless this is set, as in QA.",
    )


class SmtpSettings(TlsSettings):
    host: str = Field(default="127.0.0.1", description="The region's mail relay.")
    port: int = Field(default=8025, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="starttls (587), tls from the first byte (465), or none, as in a demo.",
    )
    user: str = Field(default="", description="Our login at the relay, if it asks for one.")
    password: SecretStr = Field(default=SecretStr(""))
    password_file: Path | None = Field(default=None, description="Where `password` is.")
    sender: AsciiMailAddress = Field(
        default="utskick@vgregion.se", description="Shown as the sender of error mail."
    )
    sms_domain: str = Field(default="sms.vgregion.se", description="The mail-to-SMS gateway.")

    @model_validator(mode="after")
    def _a_whole_login_that_nobody_overhears(self) -> Self:
        password = self.password.get_secret_value()
        if bool(self.user) != bool(password):
            raise ValueError("a login is user and password: set both, or neither")
        if not (self.user + password).isascii():
            raise ValueError("user and password are ASCII: relays know no other login")
        if self.user and self.security == "none":
            raise ValueError("a login without TLS can be overheard: set security")
        return self


class SchedulerSettings(TlsSettings):
    api_url: str = Field(default="http://127.0.0.1:4200/api", description="Prefect's API.")
    pages_url: str = Field(
        default="",
        description="Prefect's page, as operators' browsers reach it, if that is elsewhere.",
    )
    auth_string: SecretStr | None = Field(
        default=None,
        description="Our processes' login to Prefect, `name:secret`, 32 characters and more.",
    )
    operators_login: SecretStr | None = Field(
        default=None, description="The operators' own; its name is recorded with what they do."
    )
    proxy_login: SecretStr | None = Field(
        default=None, description="That of a proxy which says who has signed in with it."
    )
    login_file: Path = Field(
        default=DATA / "prefect-login.json",
        description="Where those are when they are not given here; made at installation.",
    )
    work_pool: str = "utskick"


class TimingSettings(Group):
    zone: ZoneInfo = Field(
        default=ZoneInfo("Europe/Stockholm"), description="Of every date and time staff enter."
    )
    lead_s: float = Field(
        default=120, ge=0, description="A run starts so long before its moment, to prepare."
    )
    lead_for_each_other_s: float = Field(
        default=0.5, ge=0, description="So much earlier for each other that is due at its minute."
    )
    longest_lead_s: float = Field(default=1800, ge=0, description="But never so long before.")
    late_after_s: float = Field(
        default=60, gt=0, description="From when on a send counts as late."
    )
    grace_s: float = Field(
        default=2 * 3600, ge=0, description="So long after its moment an occasion is still sent."
    )
    opens: time = Field(default=time(7), description="Nothing is sent late before this.")
    closes: time = Field(default=time(21), description="Nothing is sent late after this.")
    lease_s: float = Field(
        default=45,
        gt=0,
        description="A run that is silent for so long is taken to be dead. 80 in production.",
    )
    reconcile_s: float = Field(
        default=15, gt=0, description="How often the dead and the forgotten are looked for."
    )
    retry_delays_s: tuple[float, ...] = Field(
        default=(4, 20, 300, 1800), description="Between tries of a call that was not applied."
    )


class WebSettings(Group):
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="Addresses or networks whose X-Forwarded-For is believed; else it is ignored.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="The staff pages, as browsers reach them."
    )
    other_hosts: tuple[str, ...] = Field(
        default=(),
        description="Names that requests may call us by, beside that of public_url.",
    )
    max_upload_bytes: int = Field(
        default=1_000_000, ge=1, description="Of one call to REST; what pages may post follows."
    )
    body_silence_s: float = Field(
        default=20, gt=0, description="A body of which nothing comes for so long is given up."
    )
    body_timeout_s: float = Field(
        default=120, gt=0, description="And so is one that is not whole by then."
    )
    most_connections: int = Field(
        default=1000, ge=1, description="Beyond these, answers are 503 until some have ended."
    )


class ClaimSettings(Group):
    """What the identity provider calls each claim. Empty: it has none, and it is not asked for."""

    staff_id: str = Field(default="employeeHsaId", min_length=1)
    given_name: str = "given_name"
    family_name: str = "family_name"
    roles: str = Field(
        default="systemRoles", description="Texts, or objects such as Inera's authorizationScope."
    )
    role_code: str = Field(
        default="authorizationScopePropertyCode", description="In such an object: the role."
    )
    role_unit: str = Field(
        default="unitHsaId", description="And in it: the units that the role is for."
    )
    attributes: tuple[str, ...] = Field(
        default=(),
        description="Further claims that say what somebody is: each value counts as a system"
        " role, written claim=value.",
    )
    all_commissions: str = Field(default="allCommissions", min_length=1)
    commission_id: str = Field(
        default="commissionHsaId",
        min_length=1,
        description="This and the next are in all_commissions too.",
    )
    commission_name: str = "commissionName"
    commission_purpose: str = Field(default="commissionPurpose", min_length=1)
    unit_id: str = Field(default="healthCareUnitHsaId", min_length=1)
    unit_name: str = "healthCareUnitName"
    starts_on: str = "startDate"
    ends_on: str = "endDate"


class SignInSettings(TlsSettings):
    """Staff sign in with an OpenID provider; the defaults are those of our local one."""

    issuer: str = Field(
        default="http://127.0.0.1:8177/oidc", description="The identity provider's name."
    )
    client_id: str = "utskick"
    client_authentication: Literal[
        "client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth"
    ] = Field(
        default="client_secret_basic",
        description="What proves who we are: a secret, a signature, or our TLS certificate.",
    )
    client_secret: SecretStr = SecretStr("bara-for-lokala-test")
    client_secret_file: Path | None = Field(default=None, description="Where `client_secret` is.")
    signing_key: SecretStr = Field(
        default=SecretStr(""),
        description="PEM: our private key for private_key_jwt; the provider has its public half.",
    )
    signing_key_file: Path | None = Field(default=None, description="Where `signing_key` is.")
    signing_key_id: str = Field(
        default="", description="Its `kid` at the provider, if it has one."
    )
    signing_algorithm: Literal[
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"
    ] = "RS256"
    signing_audience: Literal["token_endpoint", "issuer"] = Field(
        default="token_endpoint", description="Whom the provider wants our signature to name."
    )
    scope: tuple[str, ...] = Field(
        default=("openid",), description="Asked for at each sign-in; openid must be among them."
    )
    ask_by_name: bool = Field(
        default=True,
        description="Each claim is asked for by name (`claims`); else the scope brings them all.",
    )
    claims_from: Literal["id_token", "userinfo"] = Field(
        default="id_token", description="Where the provider gives them."
    )
    claims_separator: str = Field(
        default="", description="Between many values in one text, where that is not JSON."
    )
    commissions: Literal["all", "picked"] = Field(
        default="all",
        description="All, and the unit is chosen here; or the one picked at the provider.",
    )
    claims: ClaimSettings = ClaimSettings()
    accepted_acr: tuple[str, ...] = Field(
        default=("http://id.sambi.se/loa/loa3", "http://id.sambi.se/loa/loa4"),
        min_length=1,
        description="Levels of assurance that let somebody in.",
    )
    acr_asked_by: Literal["claims", "acr_values", "nothing"] = Field(
        default="claims", description="How they are asked for; they are checked in any case."
    )
    purposes: tuple[str, ...] = Field(
        default=("Vård och behandling",), description="Of commissions that may send forms."
    )
    dispatch_roles: tuple[str, ...] = Field(
        default=("*",),
        description="System roles in HSA that give the right Utskick for a unit; * is everybody"
        " with a valid commission for it. For whoever has commissions for several units the"
        " unit's HSA-id must stand behind a role (UTSKICK;Utskick;SE…), here and below.",
    )
    follow_up_roles: tuple[str, ...] = Field(
        default=("*",), description="And the right Uppföljning."
    )
    form_design_roles: tuple[str, ...] = Field(
        default=("UTSKICK;Formulärdesign",),
        description="And Formulärdesign: the packages of the own units.",
    )
    local_administration_roles: tuple[str, ...] = Field(
        default=("UTSKICK;Lokal förvaltning",),
        description="And Lokal förvaltning: packages, form links and rights of the own units.",
    )
    manager_role: str = Field(
        default="UTSKICK;Logg",
        description="And Logg, a unit's manager's: its log, and its systems' keys.",
    )
    administrator_role: str = Field(
        default="UTSKICK;Förvaltning",
        description="The system role in HSA of the regional administration.",
    )
    idle_minutes: int = Field(
        default=30, ge=1, le=12 * 60, description="Signed out so long after the last visit."
    )
    absolute_minutes: int = Field(
        default=600, ge=1, le=24 * 60, description="Signed out so long after signing in."
    )
    max_age_minutes: int = Field(
        default=600,
        ge=1,
        le=24 * 60,
        description="So long ago the provider may have asked who it is; then it asks again.",
    )

    @model_validator(mode="after")
    def _what_proves_who_we_are(self) -> Self:
        if "openid" not in self.scope:
            raise ValueError("scope must hold openid")
        if self.client_authentication == "private_key_jwt" and not self.signing_key:
            raise ValueError("private_key_jwt signs with a key: set signing_key_file")
        if self.client_authentication == "tls_client_auth" and not self.client_certificate:
            raise ValueError("tls_client_auth shows a certificate: set client_certificate")
        return self


class ApprovalSettings(Group):
    """Två personer: what a colleague must approve before it is sent.

    What is marked so in its package always waits, whatever stands here.
    """

    above: int = Field(
        default=0,
        ge=0,
        description="Two persons for dispatches to more recipients than this; 0: for none.",
    )
    days: int = Field(
        default=7,
        ge=1,
        le=90,
        description="What waits to be approved expires after so many days, and at its first"
        " moment.",
    )


class TrialSettings(Group):
    """Skicka till mig: who tries a package dispatch on which test resident."""

    residents: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="The personnummer of each one's test resident, by HSA-id of staff (JSON).",
    )


RateText = Annotated[str, Field(pattern=r"^[1-9][0-9]*/(s|min|h|d)$")]


class LimitSettings(Group):
    """How often: so many at once, and as many again in the course of the period."""

    strangers: RateText = Field(
        default="1200/min",
        description="Requests of one address by nobody who is signed in: a hospital may have one.",
    )
    sign_in_starts: RateText = Field(
        default="300/min", description="Sign-ins begun from one address."
    )
    session: RateText = Field(default="600/min", description="Requests of one who is signed in.")
    token: RateText = Field(default="1200/min", description="Calls to REST with one token.")
    imports: RateText = Field(default="30/min", description="Lists that one person imports.")
    look_ups: RateText = Field(
        default="2000/h", description="Recipients whom one person asks the registers for."
    )
    token_look_ups: RateText = Field(
        default="10000/h", description="Recipients whom one token has the registers asked for."
    )
    token_person: RateText = Field(default="50/d", description="The same person, of one token.")
    sends: RateText = Field(
        default="200/h", description="Dispatches that one unit starts on the pages."
    )
    uploads: RateText = Field(
        default="100/h", description="Specs that one unit uploads, to be kept until they start."
    )
    sms: RateText = Field(default="10/min", description="SMS that one person sends.")
    sms_of_person: RateText = Field(default="100/d", description="And in the course of a day.")
    sms_of_unit: RateText = Field(default="300/d", description="SMS that one unit sends.")
    notices: RateText = Field(
        default="3000/min", description="Notices of answered forms, from one caller."
    )
    calendar: RateText = Field(
        default="60/h", description="Readings of a unit's calendar, at one of its addresses."
    )


class LogSettings(Group):
    """Where logs go, and the access log's proof: out of reach of whoever can change them."""

    syslog: str = Field(
        default="",
        pattern=r"^(/.+|[^/:]+:[0-9]{1,5})?$",
        description="A system log that gets every line too: /dev/log, or host:port by UDP.",
    )

    heads: Path = Field(
        default=DATA / "log-heads",
        description="The folder with what each unit's log has ended with. Only ever added to.",
    )
    heads_every_s: float = Field(
        default=300, gt=0, description="How often they are written, if a log has grown."
    )
    heads_mail_to: tuple[AsciiMailAddress, ...] = Field(
        default=(), description="Who gets them by mail too, once a day."
    )


class RetentionSettings(Group):
    """How long what names somebody is kept; the nightly *Gallra* deletes the rest."""

    access_log_years: int = Field(
        default=5, ge=5, le=100, description="The law: at least five years (HSLF-FS 2016:40)."
    )
    follow_up_days: int = Field(
        default=365,
        ge=30,
        description="A form in Uppföljning goes so long after its Gallras efter.",
    )
    marked_purged_days: int = Field(
        default=90, ge=1, description="Or so long after staff have marked it as purged."
    )
    reports_days: int = Field(
        default=365, ge=30, description="Error mails, with units' and packages' names."
    )
    drafts_days: int = Field(
        default=30, ge=1, le=365, description="A draft goes so long after its last change."
    )


class NoticeSettings(Group):
    """Notices of answered forms (ProcessNotification), which the form engine sends us."""

    callers: tuple[HsaIdText, ...] = Field(
        default=(),
        description="HSA-ids whose certificates may call, as a rule the platform's; empty: shut.",
    )
    caller_header: str = Field(
        default="X-Client-Subject",
        pattern=r"^[A-Za-z0-9-]+$",
        description="Where one of web.trusted_proxies writes whose client certificate it has"
        " checked: the subject, or its HSA-id.",
    )


class ResidentSettings(Group):
    url: str = Field(
        default="http://127.0.0.1:8177", description="formular.1177.se, as residents reach it."
    )
    application: str = Field(default="UTSKICK", description="Our name in form links.")
    preview_path: str = Field(
        default="/forhandsgranska/{template_id}",
        pattern=r"^[^{}]*\{template_id\}[^{}]*$",
        description="Where a form template can be looked at, below `url`.",
    )


BEHIND_PLATFORM = ("forms", "inbox", "persons")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="UTSKICK_",
        env_nested_delimiter="__",
        env_file=(ENV_FILE, RUNNING),
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    production: bool = Field(
        default=False,
        description="Start only with what is safe for real residents; names all that is not.",
    )

    database: DatabaseSettings = DatabaseSettings()
    platform: PlatformSettings = PlatformSettings()
    forms: FormServiceSettings = FormServiceSettings()
    inbox: InboxSettings = InboxSettings()
    persons: PersonsSettings = PersonsSettings()
    smtp: SmtpSettings = SmtpSettings()
    scheduler: SchedulerSettings = SchedulerSettings()
    timing: TimingSettings = TimingSettings()
    web: WebSettings = WebSettings()
    sign_in: SignInSettings = SignInSettings()
    approval: ApprovalSettings = ApprovalSettings()
    trial: TrialSettings = TrialSettings()
    limits: LimitSettings = LimitSettings()
    log: LogSettings = LogSettings()
    retention: RetentionSettings = RetentionSettings()
    notices: NoticeSettings = NoticeSettings()
    residents: ResidentSettings = ResidentSettings()

    region: Path = Field(
        default=REGION,
        description="The folder with units, form templates, subscriptions and packages.",
    )
    forms_desk: AsciiMailAddress = Field(
        default="formularhantering@vgregion.se",
        description="Gets a mail when a start is blocked, and whenever a dispatch goes wrong.",
    )
    sms_hosts: tuple[str, ...] = Field(
        default=("1177.se", "vgregion.se"),
        description="Where links of an SMS may lead, with all below them, without a question.",
    )
    error_domains: tuple[str, ...] = Field(
        default=("vgregion.se",),
        min_length=1,
        description="Where mail about errors may be sent, with all below them.",
    )
    recently_sent_days: int = Field(
        default=7,
        ge=0,
        description="Staff see whom the unit has sent something within so many days. 0: nobody.",
    )
    max_recipients: int = Field(
        default=250, ge=1, description="Manual: cirka 250 mottagare åt gången."
    )
    accept_coordination_numbers: bool = Field(
        default=False, description="Their holders cannot log in to 1177, as a rule."
    )
    source_system_hsa_id: str = Field(
        default="SE2321000131-E000000000001",
        description="Who calls 1177's services: our HSA-id, as in our certificate's subject.",
    )
    operators: tuple[AsciiMailAddress, ...] = Field(
        default=(),
        description="Who gets mail about certificates and connections; empty: forms_desk.",
    )

    def tls_of(self, name: str) -> tuple[str, TlsSettings]:
        """A neighbour's certificates, and the group that they stand in."""
        own: TlsSettings = getattr(self, name)
        if name in BEHIND_PLATFORM and not own.names_files:
            return "platform", self.platform
        return name, own

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        given = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        return (*given, ProductionDefaults(settings_cls))
