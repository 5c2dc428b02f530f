using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Keys;
using ImageFs.Storage.Volumes;

namespace ImageFs.Tests.Storage.Volumes.Example;

/// <summary>
/// A volume format as small as one can be, for the tests and as a pattern. A member begins with a header of 512 bytes: "SAMPLE", the kind
/// of the set ("J": the members' data one after the other; "M": each has all; "L": locked by a key of one byte), the name of the set in 8
/// bytes (empty where only the other members know it), the number of the member, how many there are, and the key's check: the key with all bits turned round.
/// </summary>
internal sealed class SampleVolumes : VolumeFormat
{
    public override string Name => "sample_member";

    public override string Title => "a sample for the tests";

    public override VolumeMember? Recognise(BlockSource source, SectorSizes sectors, OpenContext context)
    {
        if (source.Length < SampleHeader.Length)
        {
            return null;
        }

        byte[] header = new byte[SampleHeader.Length];
        source.ReadAt(0, header);
        return !header.AsSpan().StartsWith(SampleHeader.Mark)
            ? null
            : header[SampleHeader.Count] > header[SampleHeader.Number]
                ? new SampleMember(source, header)
                : throw new InvalidImageException("sample header", SampleHeader.Count, $"it is member {header[SampleHeader.Number]} of {header[SampleHeader.Count]}");
    }

    public override bool IsComplete(IReadOnlyList<VolumeMember> members) => members.Count == ((SampleMember)members[0]).Count;

    public override bool IsOf(VolumeMember stray, IReadOnlyList<VolumeMember> members) =>
        stray is SampleMember member && members.Cast<SampleMember>().All(other => other.Count == member.Count && other.Number != member.Number);

    public override VolumeSet Assemble(IReadOnlyList<VolumeMember> members, OpenContext context) =>
        new SampleSet([.. members.Cast<SampleMember>().OrderBy(member => member.Number)]);
}

/// <summary>The places of the header's fields.</summary>
internal static class SampleHeader
{
    public const int Length = 512;
    public const int Kind = 6;
    public const int Name = 7;
    public const int NameLength = 8;
    public const int Number = 15;
    public const int Count = 16;
    public const int KeyCheck = 17;

    public static ReadOnlySpan<byte> Mark => "SAMPLE"u8;

    /// <summary>A header, and the data behind it.</summary>
    public static byte[] Write(char kind, string name, int number, int count, ReadOnlySpan<byte> data, byte key = 0)
    {
        byte[] member = new byte[Length + data.Length];
        Mark.CopyTo(member);
        member[Kind] = (byte)kind;
        Encoding.ASCII.GetBytes(name, member.AsSpan(Name, NameLength));
        member[Number] = (byte)number;
        member[Count] = (byte)count;
        member[KeyCheck] = (byte)(key ^ 0xFF);
        for (int i = 0; i < data.Length; i++)
        {
            member[Length + i] = (byte)(data[i] ^ key);
        }

        return member;
    }
}

/// <summary>A member, and what its header says.</summary>
internal sealed record SampleMember(BlockSource Source, byte[] Header)
    : VolumeMember(Source, Encoding.ASCII.GetString(Header, SampleHeader.Name, SampleHeader.NameLength).TrimEnd('\0'))
{
    public char Kind => (char)Header[SampleHeader.Kind];

    public int Number => Header[SampleHeader.Number];

    public int Count => Header[SampleHeader.Count];

    public BlockSource Data => new BlockSlice(Source, SampleHeader.Length, Source.Length - SampleHeader.Length);
}

/// <summary>The volumes of a set: all of it; and, of members that lie one after the other, each by itself, which the others may be missing for.</summary>
internal sealed record SampleSet(IReadOnlyList<SampleMember> Members) : VolumeSet("sample", Members.Max(member => member.SetId)!)
{
    public override IReadOnlyList<VolumeEntry> Entries =>
    [
        new VolumeEntry(1, Members[0].Data.Length, "all") { Kind = "sample", Name = $"{Id}/all", IsEncrypted = Members[0].Kind == 'L' },
        .. Members[0].Kind == 'J' && Members[0].Count > 1
            ? Members.Select(member => new VolumeEntry(member.Number + 2, member.Data.Length, "one") { Kind = "sample", Name = $"{Id}/{member.Number}" })
            : [],
    ];

    public override IReadOnlyList<string> Missing =>
        [.. Enumerable.Range(0, Members[0].Count).Except(Members.Select(member => member.Number)).Select(number => $"member {number} of {Id}")];

    public override BlockSource Open(VolumeEntry entry, OpenContext context) => (Members[0].Kind, entry.Type) switch
    {
        (_, "one") => Members.First(member => member.Number == entry.Number - 2).Data,
        ('M', _) => Members[0].Data,
        ('L', _) => Unlock(Members[0], context),
        _ when Missing.Count > 0 => throw new UnsupportedFeatureException($"{entry.Name} without {string.Join(", ", Missing)}"),
        _ => new ConcatenatedSource(Members.Select(member => member.Data)),
    };

    private SampleLock Unlock(SampleMember member, OpenContext context)
    {
        for (int attempt = 0; ; attempt++)
        {
            using Key key = context.Keys.Find(new KeyRequest(Id, attempt))
                ?? throw new LockedVolumeException(Id, isRejected: attempt > 0);
            if (key.Bytes is [var value, ..] && (value ^ 0xFF) == member.Header[SampleHeader.KeyCheck])
            {
                return new SampleLock(member.Data, value);
            }
        }
    }
}

/// <summary>The bytes of a locked volume, unlocked.</summary>
internal sealed class SampleLock(BlockSource locked, byte key) : BlockSource
{
    public override long Length => locked.Length;

    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Own, 0);
    }

    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        locked.ReadAt(offset, destination);
        foreach (ref byte value in destination)
        {
            value ^= key;
        }
    }
}
