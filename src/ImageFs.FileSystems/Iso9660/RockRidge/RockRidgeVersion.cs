using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>What the root directory's own record says of the extensions in use (SUSP 5.3, 5.5).</summary>
internal sealed class RockRidgeVersion
{
    // A CD-ROM XA record may stand in front (SUSP 5.3).
    private static readonly int[] s_places = [0, 14];

    private RockRidgeVersion(int place) => RootSkip = place;

    /// <summary>Bytes in front of the entries in the root's own record.</summary>
    public int RootSkip { get; }

    /// <summary>Bytes in front of the entries in every other record.</summary>
    public int Skip { get; private set; }

    /// <summary>The extension that is named first (ER); null when none is. Linux takes any to mean Rock Ridge.</summary>
    public string? Identifier { get; private set; }

    /// <summary>Whether an SP entry was found.</summary>
    public bool HasIndicator { get; private set; }

    /// <summary>Version of RRIP; null when the identifier is not Rock Ridge's.</summary>
    public string? Version => Identifier switch
    {
        "RRIP_1991A" => "1.09",
        "IEEE_P1282" => "1.10",
        "IEEE_1282" => "1.12",
        _ => null,
    };

    /// <summary>Looks for them.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="root">Address of the root directory.</param>
    public static RockRidgeVersion Find(Iso9660Volume volume, long root)
    {
        foreach (int place in s_places)
        {
            var version = new RockRidgeVersion(place);
            try
            {
                version.Read(volume, root);
            }
            catch (Exception e) when (version.HasIndicator && e is ImageException or LinuxException)
            {
                // The names may be there though the entry that describes them is lost: the image is not to be lost with it.
                volume.WarnOf($"{e.Message}; the image is taken for one with Rock Ridge");
                version.Identifier = string.Empty;
            }

            if (version.HasIndicator || version.Identifier is not null)
            {
                return version;
            }
        }

        return new RockRidgeVersion(0);
    }

    private void Read(Iso9660Volume volume, long root)
    {
        Span<byte> recordBuffer = stackalloc byte[DirectoryRecord.MaxLength];
        Span<byte> entryBuffer = stackalloc byte[SystemUseReader.BufferLength];
        DirectoryRecord record = volume.ReadRecord(root, recordBuffer);
        SystemUseReader reader = volume.ReadSystemUse(record, root, RootSkip, entryBuffer);
        while (reader.MoveNext())
        {
            switch (reader.Current.Signature)
            {
                case SystemUseSignature.SP:
                    var indicator = new SharingProtocolIndicator(reader.Current);
                    if (!indicator.IsValid)
                    {
                        return;
                    }

                    HasIndicator = true;
                    Skip = indicator.BytesSkipped;
                    break;
                case SystemUseSignature.ER:
                    Identifier ??= System.Text.Encoding.ASCII.GetString(new ExtensionsReference(reader.Current).Identifier);
                    break;
            }
        }
    }
}
