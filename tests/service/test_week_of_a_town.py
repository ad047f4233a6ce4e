"""The main path: a recorder files, the town approves, the bureau accepts, the figure stands."""

TAIHE = "441803102"
HUANGKENG, LEYUAN = "441803102200", "441803102201"


def a_figure(village: str, mu: float, **other) -> dict:
    return {
        "season_code": "2023-spring",
        "area_code": village,
        "crop_code": "RICE_E",
        "method": "transplanted",
        "as_of": "2023-04-20",
        "cumulative_mu": mu,
    } | other


def test_a_week_goes_from_recorder_to_the_county_figure(season, as_role):
    recorder, approver = as_role("recorder", TAIHE), as_role("approver", TAIHE)
    bureau, leader = as_role("bureau"), as_role("leader")
    villages = recorder.get("areas", parent=TAIHE).json()["items"]
    first, second = villages[10]["code"], villages[11]["code"]

    answer = recorder.post("sowing/reports", a_figure(first, 123.45))
    assert answer.status_code == 201, answer.text
    assert recorder.post("sowing/reports", a_figure(second, 0.55)).status_code == 201

    task = recorder.get("reporting/tasks", season=season, period="2023-04-20").json()["items"][0]
    assert task["state"] == "draft"
    where = f"reporting/tasks/{task['id']}"
    assert recorder.post(f"{where}/submit").json()["state"] == "submitted"
    assert approver.post(f"{where}/approve").json()["state"] == "approved"

    before = leader.get("sowing/progress", season=season, as_of="2023-04-20").json()
    assert before["total"]["sown_mu"] is None
    assert bureau.post(f"{where}/accept").json()["state"] == "accepted"

    after = leader.get("sowing/progress", season=season, as_of="2023-04-20").json()
    assert after["total"]["sown_mu"] == 124.00
    taihe = next(row for row in after["items"] if row["area_code"] == TAIHE)
    assert taihe["sown_mu"] == 124.00
    assert taihe["coverage"] == {
        "expected": 18,
        "reported": 2,
        "carried": 0,
        "missing": 16,
        "not_grown": 0,
    }
    by_village = leader.get(
        "sowing/progress", season=season, as_of="2023-04-20", by="village"
    ).json()
    assert by_village["difference_mu"] == 0
    assert len(by_village["late"]) == 207
