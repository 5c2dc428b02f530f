using System.Diagnostics;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>What <c>make pack</c> makes: the program as a tool of dotnet's, and the libraries, which the examples in <c>examples/</c> use.</summary>
internal sealed class DotnetPackageTests
{
    private const int Length = 3_500_000;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(15);
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
        Serve(Example("Parts"));
    }

    [Test]
    public void The_example_is_built_with_the_packages_too()
    {
        Need.Fuse();
        using TestFolder folder = Build("Parts", "ImageFs.Fuse");
        Serve(folder["out/Parts"]);
    }

    [Test]
    public void A_file_of_a_partition_of_a_qcow2_is_read_in_three_lines() => ReadFile(Example("ReadFile"));

    [Test]
    public void They_are_three_lines_with_the_packages_too()
    {
        using TestFolder folder = Build("ReadFile", "ImageFs.Images");
        ReadFile(folder["out/ReadFile"]);
    }

    [Test]
    public void The_tool_is_installed_and_runs()
    {
        using TestFolder folder = Prepare();
        Dotnet(folder, "tool", "install", "imagefs", "--version", s_version.Value, "--configfile", folder["nuget.config"], "--tool-path", folder["bin"]);
        Assert.That(Tool.Run(folder["bin/imagefs"], "ls", TestImages.Get("sample")).Succeeded().Text, Does.Contain("README.txt"));
    }

    // Beside the tests: artifacts/bin/PROJECT/CONFIGURATION/.
    private static string Example(string name)
    {
        string here = AppContext.BaseDirectory.TrimEnd('/');
        return Path.GetFullPath(Path.Combine(here, "../..", name, Path.GetFileName(here), name.ToLowerInvariant()));
    }

    private static void ReadFile(string program)
    {
        using TestDisk disk = TestDisk.Gpt();
        using var folder = new TestFolder();
        VirtualDisk.Make(disk.Path, folder["disk.qcow2"], "qcow2");
        Assert.That(Tool.Run(program, folder["disk.qcow2"], "part=2", "/hello.txt").Succeeded().Text, Is.EqualTo(Tool.Run("debugfs", "-R", "cat /hello.txt", TestImages.Get(disk.Contents[2])).Text));
        Assert.That(Tool.Run(program, folder["disk.qcow2"], "part=2", "/none").Error, Is.EqualTo($"readfile: {folder["disk.qcow2"]}: /none: open: No such file or directory\n"));
        Assert.That(Tool.Run(program, folder["disk.qcow2"], "prat=2", "/hello.txt").Error, Does.Contain("option 'prat': unknown"));
        Assert.That(Tool.Run(program, folder["disk.qcow2"], "part=9", "/hello.txt").Error, Does.Contain("option 'part=9': no volume matches; there are 1-EFI, "));
    }

    // An example with a package in place of the projects here.
    private static TestFolder Build(string example, string package)
    {
        TestFolder folder = Prepare();
        File.Copy(Path.Combine(TestImages.Sources, "examples", example, "Program.cs"), folder["Program.cs"]);
        string project = folder[$"{example}.csproj"];
        File.WriteAllText(project, $"""
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
                <PackageReference Include="{package}" Version="{s_version.Value}" />
              </ItemGroup>
            </Project>
            """);
        Dotnet(folder, "build", project, "-o", folder["out"], "-nologo", "-v", "quiet");
        string restored = folder[$"packages/{package.ToLowerInvariant()}/{s_version.Value}"];
        Assert.That(File.ReadAllText($"{restored}/README.md"), Does.StartWith($"# {package}"));
        Assert.That($"{restored}/lib/net{Environment.Version.Major}.0/{package}.xml", Does.Exist);
        return folder;
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
