"""Sessions: tokens that end with what their account was."""

import pytest

from engine.access.sessions import MAX_SESSIONS_OF_ONE, Caller, Sessions
from engine.domain.errors import NotSignedIn
from engine.domain.names import Role

ANN = Caller(operator="ann", role=Role.ADMIN, account=True, generation=1)


def test_a_session_ends_when_its_account_is_another_one() -> None:
    generation = 1
    sessions = Sessions(lambda caller: caller.generation == generation)
    token = sessions.open(ANN)
    assert sessions.caller(token) == ANN
    generation = 2
    with pytest.raises(NotSignedIn):
        sessions.caller(token)
    generation = 1
    with pytest.raises(NotSignedIn):
        sessions.caller(token)


def test_no_session_opens_for_an_account_that_changed_while_the_password_was_looked_at() -> None:
    sessions = Sessions(lambda caller: caller.generation == 2)
    with pytest.raises(NotSignedIn, match="Sign in again"):
        sessions.open(ANN)


def test_the_session_that_changed_its_own_password_goes_on() -> None:
    generation = 1
    sessions = Sessions(lambda caller: caller.generation == generation)
    mine, other = sessions.open(ANN), sessions.open(ANN)
    generation = 2
    sessions.renew(mine, generation=2)
    assert sessions.caller(mine).operator == "ann"
    with pytest.raises(NotSignedIn):
        sessions.caller(other)


def test_a_closed_or_invented_token_is_nobodys() -> None:
    sessions = Sessions(lambda _caller: True)
    token = sessions.open(ANN)
    sessions.close(token)
    for wrong in (token, "", "x" * 43):
        with pytest.raises(NotSignedIn):
            sessions.caller(wrong)


def test_nobodys_sessions_push_out_those_of_somebody_else() -> None:
    sessions = Sessions(lambda _caller: True)
    anns = sessions.open(ANN)
    eve = Caller(operator="eve", role=Role.VIEWER, account=True)
    tokens = [sessions.open(eve) for _ in range(MAX_SESSIONS_OF_ONE + 5)]
    assert sessions.caller(anns) == ANN
    for ended in tokens[:5]:
        with pytest.raises(NotSignedIn):
            sessions.caller(ended)
    assert all(sessions.caller(token) == eve for token in tokens[5:])


def test_a_proof_tells_who_comes_back_and_cannot_be_made_up() -> None:
    sessions = Sessions(lambda _caller: True)
    proof = sessions.proof("clerk")
    assert sessions.os_user(proof) == "clerk"
    for wrong in ("", "clerk", ":", ":clerk", proof.replace("clerk", "root"), "\u00e9:clerk", "\ud800"):
        assert sessions.os_user(wrong) == ""
    assert Sessions(lambda _caller: True).os_user(proof) == "", "another engine's"
