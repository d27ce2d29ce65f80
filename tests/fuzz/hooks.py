"""What schemathesis cannot know from the document: who asks, and which ids there are.

ROOMTONE_FUZZ_SCENE   the file that scene.py has written
ROOMTONE_FUZZ_ROLE    whose tokens are used, or `all`: somebody else's for each request
"""

import itertools
import json
import os
import re
import zlib

import schemathesis

from api import TYPED_ID, Account, Api

with open(os.environ["ROOMTONE_FUZZ_SCENE"], encoding="utf-8") as file:
    SCENE = json.load(file)
ROLE = os.environ["ROOMTONE_FUZZ_ROLE"]
API = Api(os.environ["ROOMTONE_FUZZ_URL"])

# A role that is nobody's comes without a token.
PEOPLE = {role: Account(API, **person) for role, person in SCENE["people"].items()} | {"anonymous": None}
TURNS = itertools.cycle(sorted(PEOPLE))

# What ends a session, and what ends or changes the account (or the company) it is asked with: throw-away accounts ask.
ENDS_SESSION = {"log_out", "log_out_everywhere", "revoke_session"}
ENDS_ACCOUNT = {"erase_account", "change_password", "request_email_change", "start_totp", "set_role"}
ENDS_COMPANY = {"delete_company", "transfer_company_ownership", "remove_company_admin", "remove_member"}
THROW_AWAY = {}


def operation_id(operation):
    return operation.definition.raw.get("operationId")


def asking(operation):
    """Who asks for the operation."""
    role = next(TURNS) if ROLE == "all" else ROLE
    name = operation_id(operation)
    if PEOPLE[role] is None:
        return None
    if name in ENDS_SESSION | ENDS_ACCOUNT:
        return THROW_AWAY.get(name) or THROW_AWAY.setdefault(name, Account.register(API, "customer"))
    if name in ENDS_COMPANY and role == "owner":
        return THROW_AWAY.get(name) or THROW_AWAY.setdefault(name, Account.owner(API))
    return PEOPLE[role]


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case, context):
        return asking(context.operation)

    def set(self, case, account, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {account.bearer()}"
        if account in THROW_AWAY.values():
            use_own(case, account)


def use_own(case, account):
    """A throw-away account asks about its own company, with its own password; now and then with any."""
    path = case.path_parameters or {}
    if account.company_id and is_id(path.get("company_id"), "com"):
        path["company_id"] = account.company_id
    if account.company_id and is_id((case.query or {}).get("company_id"), "com"):
        case.query["company_id"] = account.company_id
    for field in ("password", "current_password"):
        given = case.body.get(field) if isinstance(case.body, dict) else None
        if isinstance(given, str) and len(given) <= 128 and often(given):
            case.body[field] = account.password


@schemathesis.hook
def after_call(context, case, response):
    name = operation_id(case.operation)
    account = THROW_AWAY.get(name)
    if account and 200 <= response.status_code < 300:
        if name in ENDS_SESSION:
            account.sign_in_again()
        else:
            del THROW_AWAY[name]
    elif response.status_code == 401:
        # Somebody has ended the session; who asks next signs in again.
        for person in filter(None, [*PEOPLE.values(), account]):
            if case.headers and case.headers.get("Authorization") == f"Bearer {person.token}":
                person.sign_in_again()


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    for name, value in (path_parameters or {}).items():
        if name == "provider" and often(value):
            path_parameters[name] = "stripe"
        elif name == "id_or_slug" and often(value):
            path_parameters[name] = chosen([*SCENE["ids"]["std"], "kellerklang-kreuzberg"], value)
        else:
            path_parameters[name] = known(value)
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    return known(query)


@schemathesis.hook
def map_body(context, body):
    body = known(body)
    if not isinstance(body, dict):
        return body
    times = [body.get(field) for field in ("starts_at", "ends_at")]
    if is_id(body.get("room_id"), "rom") and all(map(is_instant, times)) and often(times):
        body.update(chosen(SCENE["slots"], times))
    if operation_id(context.operation) == "log_in" and is_credentials(body) and often(body["password"]):
        body.update(SCENE["people"]["customer"])
    return body


def known(value):
    """The value with ids that exist, mostly. What has not the form of an id is left as it is."""
    if isinstance(value, dict):
        return {name: known(item) for name, item in value.items()}
    if isinstance(value, list):
        return [known(item) for item in value]
    found = TYPED_ID.match(value) if isinstance(value, str) else None
    if found and found[1] in SCENE["ids"] and often(value):
        return chosen(SCENE["ids"][found[1]], value)
    return value


def is_id(value, prefix):
    return isinstance(value, str) and value.startswith(f"{prefix}_") and TYPED_ID.match(value)


def is_instant(value):
    return isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value)


def is_credentials(body):
    email, password = body.get("email"), body.get("password")
    return isinstance(email, str) and "@" in email and isinstance(password, str) and len(password) <= 128


def often(value):
    """Three times in four, and for the same value always the same, so that a seed repeats a run."""
    return zlib.crc32(str(value).encode("utf-8", "surrogatepass")) % 4 != 0


def chosen(values, by):
    return values[zlib.crc32(str(by).encode("utf-8", "surrogatepass")) // 4 % len(values)]
