using ImageFs.Confinement;
using ImageFs.Images.Readers;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Keys;

namespace ImageFs.Mounting;

/// <summary>
/// This program started once more by the keeper of a folder of images, to read those of one user in a sandbox of their own (<see cref="ImageReader"/>): as
/// that user, where root has mounted the folder.
/// </summary>
internal static class LibraryReader
{
    // The word that makes such a process; Start/main.c knows it.
    private const string Word = "--reader";

    private const int FewestConnections = 4;
    private const int MostConnections = 16;

    /// <summary>Whether images are read by such processes: their keys come from where these find them, too.</summary>
    internal static bool Can(OptionList options) => options.Copy().TakeValue(KeyFile.DescriptorOption) is null;

    /// <summary>The folder that one is started in, for files that options name from there on, and the words that start it.</summary>
    /// <param name="level">How much is taken from it.</param>
    /// <param name="folder">The folder of images.</param>
    /// <param name="options">The options of the mount.</param>
    internal static string[] CommandFor(SandboxLevel level, string folder, string? options) =>
        [Paths.Full("."), .. Background.Self, Word, $"{level}", Paths.Full(folder), options ?? string.Empty];

    /// <summary>In that process: its whole life.</summary>
    /// <returns>False when this process is none.</returns>
    internal static bool TryRun(string[] arguments)
    {
        if (arguments is not [Word, var level, var folder, var options])
        {
            return false;
        }

        FileDescriptor socket = Descriptors.StandardInput;
        if (ImageReader.ReceiveOwner(socket) is { } owner)
        {
            try
            {
                Serve(socket, owner, Enum.Parse<SandboxLevel>(level), folder, options);
            }
            catch (Exception e) when (e is LinuxException or OptionException or ImageException)
            {
                ImageReader.Refuse(socket, e.Message);
            }
        }

        return true;
    }

    private static void Serve(FileDescriptor socket, uint owner, SandboxLevel level, string folder, string words)
    {
        var options = OptionList.Parse(words);
        SandboxRequest request = SandboxRequest.Of([folder], options.Copy()) with { IsTree = true, Owner = owner, Sender = socket };
        using var keys = new OptionKeys(options);
        OpenContext context = new OpenContext(options) with { Keys = keys };
        (FileDescriptor, FileDescriptor)[] ends = new (FileDescriptor, FileDescriptor)[Math.Clamp(2 * Environment.ProcessorCount, FewestConnections, MostConnections)];
        for (int i = 0; i < ends.Length; i++)
        {
            ends[i] = Sockets.Pair();
        }

        context.ReadAhead(hasRemote: false);
        Environment.CurrentDirectory = "/";
        using var sandbox = ReaderSandbox.Enter(level, request, context.Cache);
        new ImageReader(socket, ends, sandbox.Apply(context)).Run();
    }
}
