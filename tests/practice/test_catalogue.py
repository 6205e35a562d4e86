from __future__ import annotations

import copy
import time
import warnings
from decimal import Decimal

import httpx
import pytest
from openapi_schema_validator import OAS30Validator

from ppio_widgets.cloud import resources
from ppio_widgets.cloud.catalogue import KINDS, Catalogue, KindState
from ppio_widgets.cloud.client import INSTANCES, PpioClient
from ppio_widgets.errors import ApiError
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.products import PRODUCTS, REGIONS
from ppio_widgets.practice.resources import AUTHS
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.offers import Price
from ppio_widgets.request.validation import check
from tests.contract.test_contract import DOCUMENT, resolve
from tests.support.bodies import FULL, MINIMAL
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.practice import RICH, OneAccount

PATHS = (
    resources.PRODUCTS,
    resources.REGIONS,
    resources.NETWORKS,
    resources.TEMPLATES,
    resources.IMAGES,
    resources.STORAGES,
    resources.AUTHS,
    resources.BALANCE,
)
REQUIRED = {"type": "gpu", "category": "instance"}
A100 = {
    "name": "demo",
    "product_id": "a100-80g",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}


@pytest.fixture
def http(server):
    headers = {"Authorization": f"Bearer {PRACTICE_KEY}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as http:
        yield http


@pytest.fixture
def shelf(client):
    catalogue = Catalogue(client, clock=time.monotonic)
    assert [catalogue.load(kind) for kind in KINDS] == [KindState("ready")] * len(KINDS)
    return catalogue.snapshot()


def get(http, path, **query):
    answer = http.get(path, params=query)
    assert answer.status_code == 200
    return answer.json()


def every_page(http, path, **query):
    """All pages of a listing by cursor, as they came."""
    found = [get(http, path, **query)]
    while found[-1]["has_more"]:
        found.append(get(http, path, **query, cursor=found[-1]["next_cursor"]))
    return found


def keys(pages):
    return [row["id"] for page in pages for row in page["data"]]


def strict(schema):
    """The schema without anything that its pages do not name, so that a misspelt field is seen."""
    if isinstance(schema, dict):
        inner = {key: strict(value) for key, value in schema.items()}
        return {**inner, "additionalProperties": False} if "properties" in inner else inner
    return [strict(one) for one in schema] if isinstance(schema, list) else schema


def errors_of(path, answer, *, exact=True):
    content = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    schema = resolve(content["schema"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return [
            error.message for error in OAS30Validator(strict(schema) if exact else schema).iter_errors(answer)
        ]


# the answers


# Networks are cut off after their status on the page, and an image's kind is a filter only.
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_of_the_documented_shape(http, path):
    answer = get(http, path, **(REQUIRED if path == resources.PRODUCTS else {}))
    assert answer
    assert errors_of(path, answer, exact=path not in {resources.NETWORKS, resources.IMAGES}) == []


def test_a_body_of_another_shape_would_be_seen():
    assert errors_of(resources.PRODUCTS, {"data": [{"id": 5}]})
    assert errors_of(resources.PRODUCTS, {"data": [{"prices": {}}]})


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_answered_without_the_key_or_to_another_verb(server, http, path):
    with httpx.Client(base_url=server.url, trust_env=False) as stranger:
        assert stranger.get(path).status_code == 401
    for method in ("POST", "PUT", "DELETE"):
        assert http.request(method, path).status_code == 404


@pytest.mark.parametrize("query", [{}, {"type": "gpu"}, {"category": "instance"}])
def test_products_need_type_and_category(http, query):
    answer = http.get(resources.PRODUCTS, params=query)
    assert (answer.status_code, answer.json()["reason"]) == (400, "VALIDATOR_PARAM")


def test_an_empty_type_means_gpu(http):
    assert get(http, resources.PRODUCTS, type="", category="instance")["data"]
    assert get(http, resources.PRODUCTS, type="", category="instance") == get(
        http, resources.PRODUCTS, **REQUIRED
    )
    assert keys([get(http, resources.PRODUCTS, type="cpu", category="instance")]) == [
        "cpu.8c16g",
        "cpu.32c64g",
    ]
    assert get(http, resources.PRODUCTS, type="gpu", category="serverless")["data"] == []


def test_cursors_lead_through_all_products(http):
    everything = [product["id"] for product in PRODUCTS]
    assert len(every_page(http, resources.PRODUCTS, **REQUIRED)) == 2
    for limit in (1, 3, 10, 100, 0, "x"):
        assert keys(every_page(http, resources.PRODUCTS, **REQUIRED, limit=limit)) == everything
    assert len(get(http, resources.PRODUCTS, **REQUIRED, limit=3)["data"]) == 3
    assert get(http, resources.PRODUCTS, **REQUIRED, cursor="999999")["data"] == []
    assert keys([get(http, resources.PRODUCTS, **REQUIRED, cursor="nonsense")]) == everything[:10]


def test_page_numbers_lead_through_all_storages(http):
    first, second, third = (
        get(http, resources.STORAGES, pageNo=number, pageSize=100) for number in (1, 2, 3)
    )
    assert [len(page["data"]) for page in (first, second, third)] == [3, 1, 0]
    assert first["total"] == 4
    assert len(get(http, resources.STORAGES, pageNo=1, pageSize=2)["data"]) == 2
    assert get(http, resources.STORAGES) == get(http, resources.STORAGES, pageNo=0, pageSize=0) == first


def test_products_are_filtered(http):
    def found(**query):
        return set(keys(every_page(http, resources.PRODUCTS, **REQUIRED, **query)))

    assert "prod-l20-48g" in found(billing_method="postpaid")
    assert "prod-l20-48g" not in found(billing_method="spot") | found(billing_method="prepaid")
    assert found(billing_method="barter") == set()
    assert found(region_ids="cn-west-1,cn-north-2") == found(region_ids="cn-west-1") | found(
        region_ids="cn-north-2"
    )
    assert "a100-80g" not in found(region_ids="cn-west-1")
    assert found(cpu=192) == {"prod-h200-141g.8x"}
    assert found(rootfs_size=5000) == {"prod-h200-141g.8x"}
    west = get(http, resources.PRODUCTS, type="cpu", category="instance", region_ids="cn-west-1")
    assert keys([west]) == ["cpu.32c64g"], "a product without regions is in all of them"


def test_other_listings_are_filtered_too(http):
    def found(path, **query):
        return [row.get("id", row.get("name")) for row in get(http, path, **query)["data"]]

    assert found(resources.TEMPLATES, visibilities="private") == ["tpl-course"]
    assert found(resources.TEMPLATES, type="serverless") == []
    assert found(resources.TEMPLATES, name="vLLM") == ["tpl-vllm"]
    assert found(resources.NETWORKS, name="training") == ["vpc-south-train"]
    assert found(resources.IMAGES, type="private") == ["course"]
    assert get(http, resources.STORAGES, storageId="ns-class")["total"] == 1
    assert get(http, resources.STORAGES, storageName="data")["total"] == 1


def test_an_answer_is_nobody_elses_to_change(http):
    before = get(http, resources.PRODUCTS, **REQUIRED)
    get(http, resources.PRODUCTS, **REQUIRED)["data"][0]["region_ids"].append("mars")
    assert get(http, resources.PRODUCTS, **REQUIRED) == before


# what a client reads of it


def test_a_client_reads_all_of_it(shelf):
    assert shelf.failed == {}
    assert len(shelf.offers) == len(PRODUCTS) >= 12
    assert len(shelf.regions) == len(REGIONS)
    assert len(shelf.templates) >= 3
    assert {len(getattr(shelf, kind)) > 1 for kind in KINDS if kind != "balance"} == {True}
    assert (shelf.balance, shelf.currency) == (RICH, "CNY")


def test_nothing_of_a_product_is_lost_on_the_way(shelf):
    for offer in shelf.offers:
        told = {key: value for key, value in vars(offer).items() if key not in ("spot", "prepaid")}
        assert [key for key, value in told.items() if value in (None, "", ())] == []
        assert (offer.spot is not None) == ("spot" in offer.modes)
        assert bool(offer.prepaid) == ("prepaid" in offer.modes)


def test_the_first_product_is_the_documented_one(shelf):
    offer = shelf.offer("a100-80g")
    assert offer.postpaid == Price(Decimal("12.600"), Decimal("18.000"))
    assert offer.prepaid[1] == Price(Decimal("9072.000"), Decimal("12960.000"))
    assert offer.spot.final == Decimal(6)
    assert (offer.gpu_free, offer.gpu_max, offer.gpu_memory_gb) == (6, 8, 80)


def test_the_shelf_has_one_of_every_case(shelf):
    offers = shelf.offers
    assert [one.id for one in offers if one.stock == "none"] == ["prod-h100-80g"]
    assert [one.id for one in offers if not one.deployable] == ["prod-v100-32g"]
    assert [one.id for one in offers if not one.purchasable] == ["prod-a800-80g"]
    assert [one.id for one in offers if one.spot and one.spot.final > one.postpaid.final] == ["prod-l40s-48g"]
    assert any(not one.spot for one in offers)
    assert any(one.postpaid.final != one.postpaid.listed for one in offers)
    assert any(one.postpaid.final == one.postpaid.listed for one in offers)
    assert len({one.postpaid.final.as_tuple().exponent for one in offers}) == 4
    assert {one.stock for one in offers} == {"none", "low", "normal", "high"}
    assert any(one.gpu_min > 1 for one in offers)
    assert len({tuple(one.prepaid) for one in offers}) > 4


def test_every_region_that_is_named_exists(shelf):
    known = {region.id for region in shelf.regions}
    assert {region for offer in shelf.offers for region in offer.regions} <= known
    assert {one.region for one in (*shelf.storages, *shelf.networks)} <= known
    for region in shelf.regions:
        assert region.has_storage or not [one for one in shelf.storages if one.region == region.id]
        assert region.has_network or not [one for one in shelf.networks if one.region == region.id]
    assert {one.registry_auth_id for one in shelf.templates} - {""} <= {one.id for one in shelf.auths}


def test_no_password_comes_through(shelf, http, caplog):
    assert len({auth["password"] for auth in get(http, resources.AUTHS)["data"]}) == len(AUTHS) >= 2
    seen = repr(shelf) + repr([vars(auth) for auth in shelf.auths]) + caplog.text
    assert [auth["password"] for auth in AUTHS if auth["password"] in seen] == []


def test_the_cloud_in_this_process_answers_the_same(account, shelf):
    transport = PracticeTransport(OneAccount(account))
    with PpioClient(PRACTICE_KEY, base_url="http://localhost", transport=transport, practice=True) as client:
        catalogue = Catalogue(client, clock=time.monotonic)
        for kind in KINDS:
            catalogue.load(kind)
    assert catalogue.snapshot() == shelf


# what a known product is held to


def changed(path, value):
    body = copy.deepcopy(A100)
    place = body
    for part in path[:-1]:
        place = place.setdefault(part, {})
    place[path[-1]] = value
    return body


PREPAID = {"mode": "prepaid", "prepaid": {"months": 1}}


@pytest.mark.parametrize(
    "body",
    [
        MINIMAL,
        FULL,
        A100,
        changed(("resource",), {"gpu_num": 6, "rootfs_size_gb": 500}),
        changed(("billing",), PREPAID),
        changed(("billing",), {"mode": "spot"}),
        changed(("candidate_regions",), ["cn-east-1", "cn-south-1"]),
    ],
)
def test_what_is_taken(http, body):
    assert http.post(INSTANCES, json=body).status_code == 200


@pytest.mark.parametrize(
    ("body", "reason", "field"),
    [
        (changed(("resource", "gpu_num"), 9), "VALIDATOR_PARAM", "resource.gpu_num"),
        (changed(("resource", "gpu_num"), 7), "INSUFFICIENT_RESOURCE", None),
        (changed(("resource", "rootfs_size_gb"), 19), "VALIDATOR_PARAM", "resource.rootfs_size_gb"),
        (changed(("resource", "rootfs_size_gb"), 501), "VALIDATOR_PARAM", "resource.rootfs_size_gb"),
        (changed(("candidate_regions",), ["cn-east-1", "mars"]), "VALIDATOR_PARAM", "candidate_regions[1]"),
        (
            changed(("billing",), {"mode": "prepaid", "prepaid": {"months": 2}}),
            "VALIDATOR_PARAM",
            "billing.prepaid.months",
        ),
        (
            {**A100, "product_id": "prod-l20-48g", "billing": {"mode": "spot"}},
            "UNSUPPORTED_BILLING_MODE",
            None,
        ),
        ({**A100, "product_id": "prod-l20-48g", "billing": PREPAID}, "UNSUPPORTED_BILLING_MODE", None),
        (
            {**A100, "product_id": "prod-h100-80g", "resource": {"gpu_num": 1, "rootfs_size_gb": 60}},
            "INSUFFICIENT_RESOURCE",
            None,
        ),
        ({**A100, "product_id": "prod-v100-32g"}, "INSUFFICIENT_RESOURCE", None),
        (
            {**A100, "product_id": "prod-a800-80g", "resource": {"gpu_num": 1, "rootfs_size_gb": 50}},
            "INSUFFICIENT_RESOURCE",
            None,
        ),
    ],
)
def test_what_is_refused_and_why(http, body, reason, field):
    answer = http.post(INSTANCES, json=body)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert answer.json()["metadata"].get("field") == field
    assert body["product_id"] in answer.json()["message"]
    assert get(http, INSTANCES)["data"] == []


def test_what_is_wrong_in_itself_comes_first(http):
    body = {**A100, "product_id": "prod-h100-80g", "name": ""}
    assert http.post(INSTANCES, json=body).json()["metadata"] == {"field": "name"}


def test_the_stock_stands_still(http):
    for number in range(8):
        body = {**A100, "name": f"student-{number}"}
        assert http.post(INSTANCES, json=body).status_code == 200


def test_an_instance_of_a_known_product_is_in_one_of_its_regions(http):
    for body, region in (
        (A100, "cn-east-1"),
        (changed(("candidate_regions",), ["cn-south-1"]), "cn-south-1"),
    ):
        identity = http.post(INSTANCES, json=body).json()["id"]
        assert get(http, f"{INSTANCES}/{identity}")["region"] == region


def test_every_cpu_offer_can_be_launched(shelf, http):
    assert [one.type for one in shelf.cpu_offers] == ["cpu", "cpu"]
    for offer in shelf.cpu_offers:
        body = {**A100, "type": "cpu", "product_id": offer.id, "candidate_regions": ["cn-south-1"]}
        identity = http.post(INSTANCES, json=body).json()["id"]
        assert get(http, f"{INSTANCES}/{identity}")["region"] == "cn-south-1"
    anywhere = {key: value for key, value in body.items() if key != "candidate_regions"}
    assert http.post(INSTANCES, json=anywhere).status_code == 200


def test_every_offer_can_be_launched_within_what_it_says_or_says_why_not(shelf, http):
    for offer in shelf.offers:
        for mode in offer.modes:
            billing = {
                "mode": mode,
                **({"prepaid": {"months": min(offer.prepaid)}} if mode == "prepaid" else {}),
            }
            body = {
                **A100,
                "product_id": offer.id,
                "billing": billing,
                "resource": {"gpu_num": offer.gpu_min, "rootfs_size_gb": offer.rootfs_min_gb},
                "candidate_regions": list(offer.regions),
            }
            assert (http.post(INSTANCES, json=body).status_code == 200) == offer.available


def ports(*numbers, protocol="http"):
    return [{"port": number, "protocol": protocol} for number in numbers]


def volume(mount_point="/data", kind="network", **more):
    return {"type": kind, "id": "ns-datasets", "mount_point": mount_point, **more}


JUPYTER = {"jupyter": {"enabled": True, "port": 9999}}
AS_V1 = "as v1 documents"

# What the real cloud documents as an error: the API's name, the field, and a part of its words.
DOCUMENTED = [
    ({"product_id": "nope"}, "RESOURCE_NOT_FOUND", "product_id", "nope"),
    ({"network": {"id": "vpc-nope"}}, "NETWORK_NOT_FOUND", "network.id", "vpc-nope"),
    ({"network": {"id": "vpc-west-lab"}}, "NETWORK_NOT_FOUND", "network.id", "is in cn-west-1"),
    ({"volumes": [volume(id="nope")]}, "NETWORK_STORAGE_NOT_FOUND", "volumes[0].id", "nope"),
    ({"volumes": [{"type": "network"}]}, "NETWORK_STORAGE_NOT_FOUND", "volumes[0].id", "id"),
    (
        {"volumes": [volume(id="ns-archive")]},
        "CUR_CLUSTER_NETWORK_STORAGE_NOT_SUPPORT",
        "volumes[0].id",
        "is in cn-north-1",
    ),
    (
        {"volumes": [volume(), volume("/class", id="ns-class")]},
        "CUR_CLUSTER_NETWORK_STORAGE_NOT_SUPPORT",
        "volumes[1].id",
        "is in cn-south-1",
    ),
    ({"registry_auth_id": "99"}, "IMAGE_URL_OR_AUTH_ERROR", "registry_auth_id", "99"),
    ({"image": "registry.practice.invalid/team/nope:1"}, "IMAGE_NOT_FOUND", "image", "nope:1"),
    ({"image": "registry.practice.invalid/team/course"}, "IMAGE_NOT_FOUND", "image", "team/course"),
    (
        {"resource": {"gpu_num": 1, "rootfs_size_gb": 20, "min_cuda_version": "12.9"}},
        "CUDA_VERSION_INCOMPATIBLE",
        "resource.min_cuda_version",
        "CUDA 12.8 at most",
    ),
    (
        {"resource": {"gpu_num": 1, "rootfs_size_gb": 20, "min_cuda_version": "newest"}},
        "VALIDATOR_PARAM",
        "resource.min_cuda_version",
        AS_V1,
    ),
    ({"ports": ports(80, 2222)}, "VALIDATOR_PARAM", "ports[1].port", AS_V1),
    ({"ports": ports(2224, protocol="tcp")}, "VALIDATOR_PARAM", "ports[0].port", AS_V1),
    (
        {"tools": {"jupyter": {"enabled": True, "port": 2223}}},
        "VALIDATOR_PARAM",
        "tools.jupyter.port",
        AS_V1,
    ),
    ({"ports": ports(80, 81, 80)}, "VALIDATOR_PARAM", "ports[2].port", "Row 1"),
    ({"ports": ports(*range(8000, 8016))}, "VALIDATOR_PARAM", "ports", AS_V1),
    ({"ports": ports(*range(8000, 8015)), "tools": JUPYTER}, "VALIDATOR_PARAM", "ports", AS_V1),
    ({"volumes": [volume("data")]}, "VALIDATOR_PARAM", "volumes[0].mount_point", AS_V1),
    ({"volumes": [volume("data", "local")]}, "VALIDATOR_PARAM", "volumes[0].mount_point", AS_V1),
    ({"volumes": [volume("/")]}, "VALIDATOR_PARAM", "volumes[0].mount_point", AS_V1),
    ({"type": "cpu"}, "VALIDATOR_PARAM", "type", "is a GPU product"),
    ({"resource": {"gpu_num": 7, "rootfs_size_gb": 20}}, "INSUFFICIENT_RESOURCE", None, "Only 6 GPUs"),
]


@pytest.mark.parametrize(("changes", "reason", "field", "said"), DOCUMENTED)
def test_what_is_documented_as_an_error_is_one(http, changes, reason, field, said):
    answer = http.post(INSTANCES, json={**A100, **changes})
    refused = answer.json()
    assert (answer.status_code, refused["code"], refused["reason"]) == (400, 400, reason)
    assert refused["metadata"].get("field") == field
    assert said in refused["message"]
    assert get(http, INSTANCES)["data"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"image": "ubuntu:24.04"},
        {"image": "vllm/vllm-openai:v0.8.5"},
        {"image": "registry.example.com:5000/anybody/anything@sha256:" + "0" * 64},
        {"image": "registry.practice.invalid/team/course:latest", "registry_auth_id": "20"},
        {"registry_auth_id": "21"},
        {"ports": [*ports(80), *ports(80, protocol="tcp")]},
        {"ports": ports(*range(8000, 8014)), "tools": JUPYTER},
        {"network": {"id": "vpc-south-train", "ip": "10.0.0.9"}},
        {"volumes": [volume(), volume("/work", "local")]},
        {"resource": {"gpu_num": 1, "rootfs_size_gb": 20, "min_cuda_version": "12.8"}},
        {"resource": {"gpu_num": 6, "rootfs_size_gb": 20}},
        {"type": "gpu"},
    ],
)
def test_what_nobody_documents_as_an_error_is_taken(http, changes):
    assert http.post(INSTANCES, json={**A100, **changes}).status_code == 200


def test_an_instance_comes_to_be_where_its_storage_and_its_network_are(http):
    for changes, region in (
        ({"volumes": [volume(id="ns-class")]}, "cn-south-1"),
        ({"network": {"id": "vpc-south-train"}}, "cn-south-1"),
        ({"volumes": [volume()], "network": {"id": "vpc-east-dev"}}, "cn-east-1"),
    ):
        identity = http.post(INSTANCES, json={**A100, **changes}).json()["id"]
        assert get(http, f"{INSTANCES}/{identity}")["region"] == region


def test_the_balance_may_be_too_low(server, clock):
    server.cloud = OneAccount(PracticeAccount(clock, Decimal(12)))
    headers = {"Authorization": f"Bearer {PRACTICE_KEY}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as http:
        answer = http.post(INSTANCES, json=A100)
        assert (answer.status_code, answer.json()["reason"]) == (400, "BALANCE_NOT_ENOUGH")
        assert get(http, INSTANCES)["data"] == []
        cheap = {**A100, "product_id": "3090.8c30g.os"}
        assert http.post(INSTANCES, json=cheap).status_code == 200


@pytest.mark.parametrize(("changes", "reason", "_field", "_said"), DOCUMENTED)
def test_a_call_says_it_with_the_apis_name(account, changes, reason, _field, _said):
    transport = PracticeTransport(OneAccount(account))
    with PpioClient(PRACTICE_KEY, base_url="http://localhost", transport=transport) as client:
        error = client.send_create({**A100, **changes}).error
    assert type(error) is ApiError
    assert error.reason == reason
    assert reason in str(error)


def test_the_form_goes_on_advising_what_only_v1_documents(shelf):
    offer = shelf.offer("a100-80g")
    for changes, _reason, _field, said in DOCUMENTED:
        if said is AS_V1 and "resource" not in changes:
            report = check({**A100, **changes}, offer=offer)
            assert report.request is not None
            assert report.advice
