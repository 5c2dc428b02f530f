using ImageFs.Linux;
using ImageFs.Reading;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Confinement;

/// <summary>Which files a process in a sandbox may read, where it may write, and which capabilities it is left.</summary>
internal static class SandboxRules
{
    private const LandlockAccess Device = LandlockAccess.ReadFile | LandlockAccess.WriteFile;
    private const LandlockAccess Copies = LandlockAccess.Read | LandlockAccess.WriteFile | LandlockAccess.Truncate | LandlockAccess.Make;

    // linux/capability.h
    private const int ChangeOwner = 0, WriteAnyFile = 1, ReadAnyFile = 2, ChangeAnyFile = 3, KeepSetId = 4, SetGroup = 6, SetUser = 7;
    private const int Administer = 21, MakeNode = 27, SetCapabilities = 31;

    // Libraries, for decoders that an image asks for; what the runtime looks at of the machine; local time.
    private static readonly string[] s_system =
    [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store", "/gnu/store", "/etc/ld.so.cache", "/etc/ssl/openssl.cnf",
        "/proc", "/sys/devices", "/sys/fs/cgroup", "/dev/urandom", "/etc/localtime", "/usr/share/zoneinfo",
    ];

    // What finding a host and checking its certificate takes.
    private static readonly string[] s_network =
    [
        "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols",
        "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/crypto-policies", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
    ];

    // Of some a name stands before the file (extent=NAME=FILE); what is no file allows nothing. Other files that options name are open by then.
    private static readonly string[] s_imageOptions = ["device", "header", "backing-file", "parent", "extent", "logdev", "rtdev"];

    /// <summary>Whether options name files that images lie in.</summary>
    internal static bool NameImages(OptionList options) => s_imageOptions.Any(name => options.TryTake(name, out _));

    /// <summary>
    /// The capabilities, by their bits, of a process that stays root. Root's own images may name what root may read: that takes rights, to the files
    /// that Landlock leaves. What is on a server names no file of this machine, and who has others read the images only opens them.
    /// </summary>
    internal static ulong CapabilitiesFor(SandboxRequest request)
    {
        ulong kept = request.HasReaders ? Bits(ReadAnyFile)
            : request.Paths.Count > 0 || NameImages(request.Options.Copy()) ? Bits(ReadAnyFile, SetGroup, SetUser) : 0;
        if (request.Target is null)
        {
            return kept;
        }

        kept |= Bits(WriteAnyFile, ChangeAnyFile, KeepSetId);
        kept |= request.Keeps.HasFlag(Preserved.Ownership) ? Bits(ChangeOwner) : 0;
        kept |= request.Keeps.HasFlag(Preserved.Devices) ? Bits(MakeNode) : 0;
        return kept | ((request.Keeps & (Preserved.SystemAttributes | Preserved.Context)) != 0 ? Bits(Administer, SetCapabilities) : 0);
    }

    /// <summary>Adds all rules.</summary>
    internal static void Add(Landlock rules, SandboxRequest request)
    {
        foreach (string path in request.Paths.Concat(FindNamed(request)))
        {
            AddImage(rules, path, request.IsTree);
        }

        AddAll(rules, [.. s_system, .. request.Files, .. Variables("LD_LIBRARY_PATH"), .. Variables("TZDIR")]);
        if (request.HasRemote)
        {
            AddAll(rules, [.. s_network, .. Variables("SSL_CERT_FILE"), .. Variables("SSL_CERT_DIR")]);
        }

        if (request.Target is { } target)
        {
            rules.Allow(target, Copies | (request.Keeps.HasFlag(Preserved.Devices) ? LandlockAccess.MakeDevice : 0));
        }

        foreach (string device in (ReadOnlySpan<string>)["/dev/null", "/dev/fuse", "/dev/tty"])
        {
            rules.Allow(device, Device);
        }
    }

    // The file may be a link: it is its own folder that files beside it are looked for in.
    private static void AddImage(Landlock rules, string path, bool isTree)
    {
        if (PipedImage.FindDescriptor(path) is not null)
        {
            if (FindFile(path) is not { } target)
            {
                // What comes through a pipe lies in no folder: names in it are looked for here.
                rules.Allow(Environment.CurrentDirectory, LandlockAccess.Read);
                return;
            }

            path = target;
        }

        string full = Paths.Full(path);
        rules.Allow(full, LandlockAccess.Read);
        if (!isTree && Path.GetDirectoryName(full) is { } folder && !Files.Status(full).IsBlockDevice)
        {
            rules.Allow(folder, LandlockAccess.Read);
        }
    }

    /// <summary>The file that an open descriptor is of; null for a pipe.</summary>
    internal static string? FindFile(string descriptor) =>
        Paths.ReadLink(descriptor == PipedImage.StandardInput ? "/dev/fd/0" : descriptor) is ['/', ..] and var file ? file : null;

    private static ulong Bits(params ReadOnlySpan<int> capabilities)
    {
        ulong bits = 0;
        foreach (int capability in capabilities)
        {
            bits |= 1UL << capability;
        }

        return bits;
    }

    // Images that options name: from here, and from where each of the others is.
    private static IEnumerable<string> FindNamed(SandboxRequest request)
    {
        OptionList options = request.Options.Copy();
        foreach (string option in s_imageOptions)
        {
            foreach (string value in options.TakeValues(option))
            {
                IEnumerable<string> folders = [string.Empty, .. request.Paths.Select(path => Path.GetDirectoryName(Paths.Full(path)) ?? "/")];
                string[] names = [value, value[(value.IndexOf('=', StringComparison.Ordinal) + 1)..]];
                foreach (string path in names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).Where(Paths.IsFile))
                {
                    yield return path;
                }
            }
        }
    }

    private static void AddAll(Landlock rules, IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            rules.Allow(path, LandlockAccess.Read);
        }
    }

    private static string[] Variables(string name) =>
        (Environment.GetEnvironmentVariable(name) ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries);
}
