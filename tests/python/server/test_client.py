"""The platform's own client, version 0.3.3, unchanged, against this server."""

from collections.abc import Iterator
from typing import Any

import cspark.sdk as spark
import pytest

from conftest import Server

SAMPLE: list[dict[str, Any]] = [
    {
        "A11": 10,
        "A33": [{"A1": 10, "A2": 20, "A3": 30}, {"A1": 110, "A2": 120, "A3": 130}],
        "A44": [{"A1": 10, "B.B1": 20, "B.B2": 30, "C1": 40}, {"A1": 110, "B.B1": 120, "B.B2": 130, "C1": 140}],
    },
    {"A11": 4},
]


@pytest.fixture
def client(server: Server) -> Iterator[spark.Client]:
    with spark.Client(base_url=spark.BaseUrl(url=server.url, tenant="tenant"), api_key="open", logger=False) as one:
        yield one


@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
def test_execute_by_name(client: spark.Client, encoding: str | None) -> None:
    response = client.services.execute("MyFolder/BlockParty", inputs=SAMPLE, response_format="raw", encoding=encoding)
    assert response.status == 200
    assert [one["A11"] for one in response.data["outputs"]] == [20, 8]
    assert response.data["outputs"][0]["A44"][1] == {"A1": 220, "B.B1": 240, "B.B2": 260, "C1": 280}


def test_execute_by_version(client: spark.Client) -> None:
    execute = client.services.execute
    named = execute("MyFolder/BlockParty[0.1.0]", inputs=SAMPLE, response_format="raw").data
    uri = spark.UriParams(version_id=named["version_id"])
    assert execute(uri, inputs=SAMPLE, response_format="raw").data["outputs"] == named["outputs"]


def test_an_unknown_service_is_the_client_s_not_found_error(client: spark.Client) -> None:
    with pytest.raises(spark.SparkApiError) as caught:
        client.services.execute("MyFolder/Nothing", inputs=SAMPLE)
    assert caught.value.status == 404


def test_health(server: Server) -> None:
    response = spark.Client.health_check(spark.BaseUrl(url=server.url, tenant="tenant"))
    assert response.data == {"status": "UP"}
