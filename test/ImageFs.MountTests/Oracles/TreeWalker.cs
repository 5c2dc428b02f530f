using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>The program Native/walk.c, compiled once a run: it tells what a mounted tree holds.</summary>
internal static class TreeWalker
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private static readonly Lazy<string> s_program = new(() => Compile("gcc", "walk"));

    /// <summary>The program's file.</summary>
    public static string Program => s_program.Value;

    /// <summary>Walks a mounted tree, in a process of its own.</summary>
    /// <param name="directory">Its root.</param>
    /// <param name="wrapper">A command to put in front, such as one that changes the user.</param>
    public static TreeListing List(string directory, params IEnumerable<string> wrapper)
    {
        string[] command = [.. wrapper, Program, "tree", directory];
        return Parse(Tool.Run(command[0], command[1..]).Succeeded());
    }

    /// <summary>What a walk that a test has run itself has told.</summary>
    public static TreeListing Parse(ToolResult walk) => TreeListing.Parse(Lines(walk.Text));

    /// <summary>Checks that each position of a directory leads back to its name; the number of names with "." and "..".</summary>
    public static int CheckPositions(string directory) => int.Parse(Lines(Tool.Run(Program, "positions", directory).Succeeded().Text).Last());

    /// <summary>Compiles a program of Native/ that looks at trees.</summary>
    /// <param name="compiler">The compiler of the machine that it is for.</param>
    /// <param name="name">The program.</param>
    /// <returns>Its file.</returns>
    public static string Compile(string compiler, string name)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "Native");
        string program = Path.Combine(RunFolder.Path, name);
        string[] options = ["-std=gnu17", "-static", "-O2", "-Wall", "-Wextra", "-Werror"];
        Child.Run(Child.Start(compiler, [.. options, "-o", program, Path.Combine(source, $"{name}.c"), Path.Combine(source, "tree.c")]), s_patience).Succeeded();
        return program;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
