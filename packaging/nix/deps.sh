#!/usr/bin/env bash
# deps.sh: writes deps.json, the packages of NuGet that publishing the program takes, with their sums, as they were restored here.
# The packs of the runtime and of Native AOT come with Nix's SDK.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 - artifacts/obj/*/project.assets.json >packaging/nix/deps.json <<'SCRIPT'
import base64, hashlib, json, os, sys

found = {}
for path in sys.argv[1:]:
    with open(path) as file:
        assets = json.load(file)
    if "/src/" not in assets["project"]["restore"]["projectPath"]:
        continue
    wanted = {key: entry["path"] for key, entry in assets["libraries"].items() if entry["type"] == "package"}
    for key, folder in wanted.items():
        name, version = key.split("/")
        for cache in assets["packageFolders"]:
            package = os.path.join(cache, folder, f"{name.lower()}.{version.lower()}.nupkg")
            if os.path.exists(package):
                with open(package, "rb") as file:
                    found[key] = {"pname": name, "version": version, "hash": "sha256-" + base64.b64encode(hashlib.sha256(file.read()).digest()).decode()}
                break
        else:
            sys.exit(f"deps.sh: {key} is in no folder of packages: make build")
print(json.dumps([found[key] for key in sorted(found, key=str.lower)], indent=2))
SCRIPT
