using ImageFs.Linux;

namespace ImageFs.Confinement;

/// <summary>The user that root becomes for images that have no owner on this machine: they are on servers, or come through a pipe.</summary>
internal static class Nobody
{
    private const uint UsualId = 65534;
    private const uint Read = 4;
    private const uint Write = 2;

    private static readonly UserRights s_rights = UserRights.Of(Accounts.FindUser("nobody") ?? UsualId);

    /// <summary>The user and its group; it is in no others.</summary>
    internal static uint[] Ids => [s_rights.User, s_rights.Groups[0]];

    /// <summary>Whether it will do: nothing is read later that may be for root alone.</summary>
    internal static bool Suffices(SandboxRequest request) => !SandboxRules.NameImages(request.Options.Copy())
        && request.Paths.All(path => SandboxRules.FindFile(path) is null)
        && (request.Paths.Count == 0 || s_rights.MayList(Environment.CurrentDirectory));

    /// <summary>Whether a file is there that it may not read, or a socket that it may not connect to.</summary>
    internal static bool IsShut(string path)
    {
        bool isOpen = false;
        return Paths.IsFile(path) && (!s_rights.TryRun(() => isOpen = IsOpen(path)) || !isOpen);
    }

    private static bool IsOpen(string path)
    {
        using FileDescriptor? place = Files.TryOpen(path, OpenFlags.Path, out _);
        return place is not null && Files.Status(place) is var status && s_rights.Has(in status, status.IsStream ? Write : Read);
    }
}
