namespace ImageFs.MountTests.Support;

/// <summary>A machine that has no libssl: the file is nothing in a mount namespace of its own.</summary>
internal static class WithoutOpenSsl
{
    private const string Script =
        """
        for library in $(ldconfig -p | sed -n 's/.*libssl\.so\.3.* => //p'); do mount --bind /dev/null "$(readlink -f "$library")"; done
        exec "$@"
        """;

    /// <summary>Runs the program there.</summary>
    /// <param name="words">What follows its name.</param>
    public static ToolResult Run(params IEnumerable<string> words) =>
        Tool.Run("unshare", ["-m", "--propagation", "slave", "sh", "-c", Script, "sh", ImageFsProgram.Path, .. words]);
}
