using ImageFs.FileSystems.Iso9660.Zisofs;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>What the System Use Entries of one directory record say, as Linux reads them: of entries given twice the last counts.</summary>
internal ref struct RockRidgeFields
{
    private const int MaxName = 255;

    private readonly bool _isNameOnly;
    private readonly Span<byte> _name;
    private int _nameLength;
    private bool _nameIsFull;
    private bool _nameIsWhole;
    private long _steps;

    private RockRidgeFields(bool isNameOnly, Span<byte> name, Span<byte> target)
    {
        _isNameOnly = isNameOnly;
        _name = name;
        Target = new SymbolicLinkTarget(target);
    }

    /// <summary>The name (NM); empty when there is none, or reading broke off.</summary>
    public readonly ReadOnlySpan<byte> Name => _name[.._nameLength];

    /// <summary>Target of a symbolic link (SL).</summary>
    public SymbolicLinkTarget Target;

    /// <summary>File attributes (PX): st_mode.</summary>
    public uint? Mode { get; private set; }

    /// <summary>File attributes (PX): st_nlink.</summary>
    public uint Links { get; private set; }

    /// <summary>File attributes (PX): st_uid.</summary>
    public uint UserId { get; private set; }

    /// <summary>File attributes (PX): st_gid.</summary>
    public uint GroupId { get; private set; }

    /// <summary>File attributes (PX of RRIP 1.12): st_ino.</summary>
    public uint? SerialNumber { get; private set; }

    /// <summary>Device number (PN).</summary>
    public DeviceNumber Device { get; private set; }

    /// <summary>Location of the directory that stands elsewhere and belongs here (CL).</summary>
    public uint? ChildLocation { get; private set; }

    /// <summary>Location of the parent that the directory had before it was relocated (PL).</summary>
    public uint? ParentLocation { get; private set; }

    /// <summary>Whether the directory belongs elsewhere and is not to be shown here (RE).</summary>
    public bool IsRelocated { get; private set; }

    /// <summary>Creation time (TF).</summary>
    public Timestamp? CreationTime { get; private set; }

    /// <summary>Modification time (TF).</summary>
    public Timestamp? ModifyTime { get; private set; }

    /// <summary>Access time (TF).</summary>
    public Timestamp? AccessTime { get; private set; }

    /// <summary>Attribute change time (TF).</summary>
    public Timestamp? AttributesTime { get; private set; }

    /// <summary>Size of a sparse file (SF).</summary>
    public ulong? SparseSize { get; private set; }

    /// <summary>Compression (ZF).</summary>
    public ZisofsParameters? Compression { get; private set; }

    /// <summary>Reads all entries.</summary>
    /// <param name="reader">At the first.</param>
    /// <param name="name">At least 255 bytes, for the name.</param>
    /// <param name="target">For the target of a symbolic link, see <see cref="SymbolicLinkTarget"/>.</param>
    /// <exception cref="ImageException">An entry is damaged.</exception>
    public static RockRidgeFields Read(scoped SystemUseReader reader, Span<byte> name, Span<byte> target)
    {
        var fields = new RockRidgeFields(false, name, target);
        fields.TakeAll(reader);
        return fields;
    }

    /// <summary>Reads only what a directory's listing shows: name, type and place. The name is found though the rest be damaged.</summary>
    /// <param name="reader">At the first.</param>
    /// <param name="name">At least 255 bytes, for the name.</param>
    /// <param name="steps">Grows by the entries that were gone through.</param>
    /// <exception cref="ImageException">An entry that matters is damaged.</exception>
    public static RockRidgeFields ReadName(scoped SystemUseReader reader, Span<byte> name, ref long steps)
    {
        var fields = new RockRidgeFields(true, name, []);
        try
        {
            fields.TakeAll(reader);
        }
        catch (ImageException) when (fields._nameIsWhole)
        {
            // What is lost after the name are attributes: the error is for whoever asks for them.
        }
        finally
        {
            steps += fields._steps;
        }

        return fields;
    }

    private void TakeAll(scoped SystemUseReader reader)
    {
        try
        {
            while (reader.MoveNext())
            {
                Take(reader.Current);
                if (!_isNameOnly)
                {
                    TakeAttribute(reader.Current);
                }
            }
        }
        finally
        {
            _steps = reader.Steps;
        }

        if (reader.IsBroken)
        {
            _nameLength = 0;
        }
    }

    private void Take(scoped SystemUseEntry entry)
    {
        switch (entry.Signature)
        {
            case SystemUseSignature.NM:
                AppendName(new AlternateName(entry));
                break;
            case SystemUseSignature.PX:
                TakeAttributes(new PosixFileAttributes(entry));
                break;
            case SystemUseSignature.CL:
                ChildLocation = new RelocationLink(entry).Location;
                break;
            case SystemUseSignature.PL:
                ParentLocation = new RelocationLink(entry).Location;
                break;
            case SystemUseSignature.RE:
                IsRelocated = true;
                break;
        }
    }

    private void TakeAttribute(scoped SystemUseEntry entry)
    {
        switch (entry.Signature)
        {
            case SystemUseSignature.PN:
                Device = new PosixDeviceNumber(entry).Device;
                break;
            case SystemUseSignature.SL:
                Target.Append(entry);
                break;
            case SystemUseSignature.TF:
                TakeTimes(new Timestamps(entry));
                break;
            case SystemUseSignature.SF:
                SparseSize = new SparseFile(entry).VirtualFileSize;
                break;
            case SystemUseSignature.ZF or SystemUseSignature.Z2:
                Compression = new ZisofsEntry(entry).Parameters;
                break;
        }
    }

    private void AppendName(scoped AlternateName part)
    {
        // Linux ends a name at a part that makes it too long; at 254 bytes already, which is one too few. A flag that names "." or ".."
        // gives no name: the record's own identifier says the same.
        _nameIsFull |= _nameLength + part.Content.Length > MaxName;
        if (_nameIsFull || (part.Flags & ~AlternateNameFlags.Continue) != 0)
        {
            return;
        }

        int end = part.Content.IndexOf((byte)0);
        ReadOnlySpan<byte> content = end < 0 ? part.Content : part.Content[..end];
        content.CopyTo(_name[_nameLength..]);
        _nameLength += content.Length;
        _nameIsWhole = (part.Flags & AlternateNameFlags.Continue) == 0;
    }

    private void TakeAttributes(scoped PosixFileAttributes attributes)
    {
        Mode = attributes.Mode;
        Links = attributes.Links;
        UserId = attributes.UserId;
        GroupId = attributes.GroupId;
        SerialNumber = attributes.SerialNumber;
    }

    private void TakeTimes(scoped Timestamps stamps)
    {
        CreationTime = stamps.Find(TimestampFlags.Creation) ?? CreationTime;
        ModifyTime = stamps.Find(TimestampFlags.Modify) ?? ModifyTime;
        AccessTime = stamps.Find(TimestampFlags.Access) ?? AccessTime;
        AttributesTime = stamps.Find(TimestampFlags.Attributes) ?? AttributesTime;
    }
}
