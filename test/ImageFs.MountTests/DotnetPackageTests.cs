using System.Diagnostics;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>What <c>make pack</c> makes: the program as a tool of dotnet's, and the libraries, which the example in <c>examples/</c> uses.</summary>
internal sealed class DotnetPackageTests
{
    private const int Length = 3_500_000;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(15);
    private static readonly string s_example = Path.Combine(TestImages.Sources, "examples/Parts");
    private static readonly string s_packages = Path.Combine(TestImages.Sources, "artifacts/packages");

    // The latest of them has the version of this tree.
    private static readonly Lazy<string> s_version = new(() =>
    {
        Make.Run("pack");
        string latest = new DirectoryInfo(s_packages).GetFiles("ImageFs.Fuse.*.nupkg").MaxBy(file => file.LastWriteTimeUtc)!.Name;
        return latest["ImageFs.Fuse.".Length..^".nupkg".Length];
    });

    [Test]
    public void The_example_shows_a_file_as_parts_and_splices_them()
    {
        Need.Fuse();

        // Beside the tests: artifacts/bin/PROJECT/CONFIGURATION/.
        string here = AppContext.BaseDirectory.TrimEnd('/');
        Serve(Path.GetFullPath(Path.Combine(here, "../../Parts", Path.GetFileName(here), "parts")));
    }

    [Test]
    public void The_example_is_built_with_the_packages_too()
    {
        Need.Fuse();
        using TestFolder folder = Prepare();
        File.Copy(Path.Combine(s_example, "Program.cs"), folder["Program.cs"]);
        File.WriteAllText(folder["Parts.csproj"], $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net{Environment.Version.Major}.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <RestorePackagesPath>packages</RestorePackagesPath>
                <RestoreFallbackFolders>{Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)}/.nuget/packages</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="ImageFs.Fuse" Version="{s_version.Value}" />
              </ItemGroup>
            </Project>
            """);
        Dotnet(folder, "build", folder["Parts.csproj"], "-o", folder["out"], "-nologo", "-v", "quiet");
        Assert.That(File.ReadAllText(folder[$"packages/imagefs.fuse/{s_version.Value}/README.md"]), Does.StartWith("# ImageFs.Fuse"));
        Assert.That(folder[$"packages/imagefs.fuse/{s_version.Value}/lib/net{Environment.Version.Major}.0/ImageFs.Fuse.xml"], Does.Exist);
        Serve(folder["out/Parts"]);
    }

    [Test]
    public void The_tool_is_installed_and_runs()
    {
        using TestFolder folder = Prepare();
        Dotnet(folder, "tool", "install", "imagefs", "--version", s_version.Value, "--configfile", folder["nuget.config"], "--tool-path", folder["bin"]);
        Assert.That(Tool.Run(folder["bin/imagefs"], "ls", TestImages.Get("sample")).Succeeded().Text, Does.Contain("README.txt"));
    }

    // A folder whose packages are those that were made here, and no others.
    private static TestFolder Prepare()
    {
        var folder = new TestFolder();
        _ = s_version.Value;
        File.WriteAllText(folder["nuget.config"], $"""<configuration><packageSources><clear /><add key="built" value="{s_packages}" /></packageSources></configuration>""");
        return folder;
    }

    private static void Dotnet(TestFolder folder, params string[] arguments)
    {
        ProcessStartInfo start = Tool.Start("dotnet", arguments);
        start.WorkingDirectory = folder.Path;
        start.Environment["NUGET_PACKAGES"] = folder["packages"];

        // Else the compiler's server stays, and keeps the pipes of the test open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        ToolResult said = Tool.Run(start, s_limit);
        Assert.That(said.ExitCode, Is.Zero, said.Text + said.Error);
    }

    private static void Serve(string program)
    {
        using var folder = new TestFolder();
        byte[] bytes = new byte[Length];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(folder["big"], bytes);
        string mountPoint = folder.CreateDirectory("parts");
        using Process server = Process.Start(Tool.Start(program, folder["big"], mountPoint))!;
        try
        {
            Assert.That(server.StandardOutput.ReadLine(), Is.EqualTo("mounted"));
            Assert.That(Tool.Run("ls", mountPoint).Succeeded().Text, Is.EqualTo("000\n001\n002\n003\n"));
            Assert.That(Tool.Shell("cat \"$1\"/*", mountPoint).Succeeded().Output, Is.EqualTo(bytes).AsCollection);
            Tool.Run("umount", mountPoint).Succeeded();
            Assert.That(server.WaitForExit(Limits.Soon));
            Assert.That(server.ExitCode, Is.Zero);
            Assert.That(server.StandardOutput.ReadToEnd(), Does.Match("^[1-9][0-9]{6} bytes spliced\n$"));
        }
        finally
        {
            if (MountTable.IsAnythingUnder(folder.Path))
            {
                FuseConnections.Abort(mountPoint);
                Tool.CleanUp("umount", "-l", mountPoint);
            }

            if (!server.HasExited)
            {
                server.Kill();
            }
        }
    }
}
