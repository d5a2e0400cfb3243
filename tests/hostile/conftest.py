"""The world whose forms are attacked."""

import pytest

from tests import cast
from tests.journeys import states
from tests.journeys.walk import World, people


@pytest.fixture
def world(anna: cast.House, cecilia: cast.House) -> World:
    made = people(anna, cecilia)
    states.prepare(made)
    return made
