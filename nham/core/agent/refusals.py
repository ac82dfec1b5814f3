# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Why a datagram is not believed, each reason with a sentence.

A datagram that is refused is counted under its reason and ignored: it is
never answered, so that nobody learns anything by asking.
"""

from __future__ import annotations

import enum


class Reason(enum.StrEnum):
    """Why a datagram was refused."""

    TOO_LONG = "too-long"
    TRUNCATED = "truncated"
    FOREIGN = "foreign"
    VERSION = "version"
    UNKNOWN_KEY = "unknown-key"
    FORGED = "forged"
    BODY = "body"
    KIND = "kind"
    FIELD = "field"
    ADDRESSEE = "addressee"
    UNKNOWN_HOST = "unknown-host"
    UNPROVED = "unproved"
    REPEATED = "repeated"
    OLD = "old"
    FLOOD = "flood"


MEANINGS: dict[Reason, str] = {
    Reason.TOO_LONG: "It is longer than a datagram of ours may be.",
    Reason.TRUNCATED: "It ends before its key and signature do.",
    Reason.FOREIGN: "It does not begin as ours do.",
    Reason.VERSION: "It is of another version of this protocol.",
    Reason.UNKNOWN_KEY: "It is signed with a key that is not in the ring.",
    Reason.FORGED: "Its signature is not that of its key.",
    Reason.BODY: "It is signed, but its body is no JSON object in UTF-8.",
    Reason.KIND: "Its body is of a kind that is not known here.",
    Reason.FIELD: "A field of it is missing, unknown or out of bounds.",
    Reason.ADDRESSEE: "It is for another host or another life of the agent.",
    Reason.UNKNOWN_HOST: "It names a host that the cloud does not know.",
    Reason.UNPROVED: "It does not echo the nonce that its sender was given.",
    Reason.REPEATED: "Its sequence number was seen before.",
    Reason.OLD: "Its sequence number is behind the window.",
    Reason.FLOOD: "More came than one round takes in; it was not looked at.",
}


class Refused(Exception):
    """A datagram that is not believed.

    :ivar reason: what it is counted under.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{MEANINGS[reason]} {detail}".strip())
        self.reason = reason
