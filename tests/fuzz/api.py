"""A client of the platform under test, and the people who use it."""

import re
import time
import uuid

import requests

PASSWORD = "correct horse battery staple"

# As `kernel::ids` makes them.
TYPED_ID = re.compile(r"^([a-z]{2,3})_[0-7][0-9a-hjkmnp-tv-z]{25}$")

# Access tokens live for ten minutes.
TOKEN_SECS = 300


class Api:
    """Remembers every id it is told, by prefix: the generator knows the form of an id, but not which exist."""

    def __init__(self, url):
        self.url = url
        self.http = requests.Session()
        # A proxy of the environment must not stand between us and loopback.
        self.http.trust_env = False
        self.ids = {}

    def call(self, method, path, body=None, token=None, key=None, expect=(200, 201, 202, 204)):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        answer = self.http.request(method, self.url + path, json=body, headers=headers, timeout=60)
        if answer.status_code not in expect:
            raise RuntimeError(f"{method} {path} answered {answer.status_code}: {answer.text}")
        content = answer.json() if answer.content else None
        self._remember(content)
        return content

    def get(self, path, token=None):
        return self.call("GET", path, token=token)

    def _remember(self, value):
        if isinstance(value, dict):
            value = value.values()
        elif isinstance(value, str):
            found = TYPED_ID.match(value)
            known = self.ids.setdefault(found[1], []) if found else None
            if known is not None and value not in known:
                known.append(value)
            return
        elif not isinstance(value, list):
            return
        for item in value:
            self._remember(item)

    def mailed_token(self, email):
        """The one-time token of the newest mail that has one; mails take a moment."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            mails = self.http.get(f"{self.url}/sandbox/mailbox", params={"to": email}, timeout=60).json()["data"]
            for link in (link for mail in mails for link in mail["links"]):
                token = re.search(r"[?&]token=([^&]+)", link)
                if token:
                    return token[1]
            time.sleep(0.05)
        raise RuntimeError(f"no mail with a link reached {email}")


class Account:
    """Somebody with a password, signed in when a token is wanted."""

    def __init__(self, api, email, password=PASSWORD, company_id=None):
        self.api, self.email, self.password, self.company_id = api, email, password, company_id
        self.token, self.until = None, 0

    @classmethod
    def register(cls, api, role):
        account = cls(api, f"fuzz-{uuid.uuid4().hex}@example.com")
        body = {"email": account.email, "password": PASSWORD, "name": "Fuzz", "role": role}
        api.call("POST", "/api/auth/register", body)
        account._take(api.call("POST", "/api/auth/verify-email", {"token": api.mailed_token(account.email)}))
        return account

    @classmethod
    def owner(cls, api):
        """The owner of a company that nobody else needs."""
        account = cls.register(api, "studio_owner")
        body = {"name": "Fuzz", "country": "DE", "currency": "EUR"}
        account.company_id = api.call("POST", "/api/companies", body, account.bearer())["id"]
        return account

    def bearer(self):
        if self.token is None or time.monotonic() > self.until:
            body = {"email": self.email, "password": self.password}
            self._take(self.api.call("POST", "/api/auth/login", body))
        return self.token

    def sign_in_again(self):
        """The next token is another session's."""
        self.token = None

    def _take(self, tokens):
        self.token, self.until = tokens["access_token"], time.monotonic() + TOKEN_SECS
