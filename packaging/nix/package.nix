{
  lib,
  buildDotnetModule,
  dotnetCorePackages,
  clang,
  autoPatchelfHook,
  stdenv,
  bzip2,
  libargon2,
  libdeflate,
  lz4,
  openssl,
  xz,
  zlib,
  zstd,
}:

let
  project = ../..;
  properties = builtins.readFile (project + "/Directory.Build.props");
in
buildDotnetModule {
  pname = "imagefs";
  version = builtins.head (builtins.match ".*<Version>([^<]*)</Version>.*" properties);
  src = project;

  projectFile = "src/ImageFs/ImageFs.csproj";
  nugetDeps = ./deps.json;
  dotnet-sdk = dotnetCorePackages.sdk_10_0;
  dotnet-runtime = null;
  selfContainedBuild = true;
  dotnetFlags = [ "-p:PublishAot=true" ];
  executables = [ ];

  nativeBuildInputs = [
    clang
    autoPatchelfHook
  ];
  buildInputs = [ stdenv.cc.cc.lib ];

  # `make install` of what was published; mount(8) looks in sbin, which Nix has beside.
  installPhase = ''
    runHook preInstall
    dotnet publish src/ImageFs --no-restore -c Release --self-contained -p:PublishAot=true -o dist
    make install PREFIX=$out SBINDIR=$out/bin DIST=dist/imagefs SHELL=$SHELL
    runHook postInstall
  '';

  # Libraries that it loads where an image needs them. fusermount3 is setuid: that of the system is found by PATH.
  appendRunpaths = [
    (lib.makeLibraryPath [
      bzip2
      libargon2
      libdeflate
      lz4
      openssl
      xz
      zlib
      zstd
    ])
  ];

  meta = {
    description = "Mount disk images read-only, without root";
    homepage = "https://github.com/imagefs/imagefs";
    license = lib.licenses.mit;
    platforms = lib.platforms.linux;
    mainProgram = "imagefs";
  };
}
