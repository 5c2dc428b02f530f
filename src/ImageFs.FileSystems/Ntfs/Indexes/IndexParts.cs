namespace ImageFs.FileSystems.Ntfs.Indexes;

/// <summary>The attributes that an index is made of, as a scan of a file's attributes comes to them (linux-ntfs, $INDEX_ROOT).</summary>
/// <param name="name">The name that they all have.</param>
internal sealed class IndexParts(string name)
{
    /// <summary>The name that they all have.</summary>
    public string Name => name;

    /// <summary>$INDEX_ROOT; null when there is none, or it is not resident.</summary>
    public byte[]? Root { get; private set; }

    /// <summary>$INDEX_ALLOCATION; null when there is none.</summary>
    public NtfsStream? Records { get; private set; }

    /// <summary>$BITMAP; null when there is none.</summary>
    public NtfsStream? Used { get; private set; }

    /// <summary>Takes the attribute that a scan is at, when it is one of them.</summary>
    /// <exception cref="Storage.ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Take(NtfsVolume volume, ref AttributeScan scan)
    {
        AttributeRecord attribute = scan.Current;
        if (attribute.LowestVcn != 0 || !attribute.Name.SequenceEqual(name))
        {
            return;
        }

        if (attribute.Type == AttributeType.IndexRoot && !attribute.IsNonResident)
        {
            Root = attribute.Value.ToArray();
        }
        else if (attribute.Type == AttributeType.IndexAllocation)
        {
            Records = NtfsStream.Open(volume, ref scan);
        }
        else if (attribute.Type == AttributeType.Bitmap)
        {
            Used = NtfsStream.Open(volume, ref scan);
        }
    }
}
