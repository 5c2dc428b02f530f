# nix run 'github:imagefs/imagefs?dir=packaging/nix' -- ls debian.iso
# deps.json has the packages of NuGet with their sums; deps.sh writes it anew.
{
  description = "Mount disk images read-only, without root";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forAll = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in
    {
      packages = forAll (pkgs: {
        default = pkgs.callPackage ./package.nix { };
      });
    };
}
