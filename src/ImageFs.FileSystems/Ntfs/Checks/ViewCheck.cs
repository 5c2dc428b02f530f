using System.Buffers.Binary;
using System.Globalization;
using ImageFs.FileSystems.Checking;
using ImageFs.FileSystems.Ntfs.Indexes;
using ImageFs.FileSystems.Ntfs.Reparse;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Ntfs.Checks;

/// <summary>
/// Checks the indexes of $Extend that list what files have: $Reparse the reparse points, $ObjId the object identifiers; and those of $Quota, which lead
/// to each other. An index that is not there lists nothing, and that is no fault of the files.
/// </summary>
/// <param name="volume">The volume.</param>
internal sealed class ViewCheck(NtfsVolume volume)
{
    private const string ReparsePoints = "$Reparse";
    private const string ObjectIds = "$ObjId";
    private const string Quotas = "$Quota";

    private const int GuidLength = 16;
    private const int ReparseKeyLength = sizeof(uint) + FileReference.Size;

    // Version, flags, bytes, time, two limits, time: and then who it is of.
    private const int QuotaHead = 48;
    private const int MaxFindings = 1000;
    private const int MaxQuotas = 1 << 16;

    private readonly TwoSides<View> _sides = new();
    private bool _hasReparsePoints;
    private bool _hasObjectIds;
    private long _entries;

    /// <summary>Checks all.</summary>
    public void Run(CheckRun run)
    {
        bool isWhole = Pass(run);
        isWhole &= run.Try(() => CheckQuotas(run));
        run.Extent = _entries.ToString(CultureInfo.InvariantCulture);
        if (!isWhole)
        {
            run.GiveUp("what is damaged hides some of what they list");
        }
        else if (!_sides.IsEven)
        {
            _sides.BeginSecondPass();
            Pass(new CheckRun(_ => { }, _ => { }));
            foreach ((View view, bool isOfFile) in _sides.Differences.OrderBy(pair => pair.Fact.File.Record).Take(MaxFindings))
            {
                string what = view.Tag is { } tag ? $"reparse point of tag 0x{tag:X8}" : $"object identifier {view.ObjectId}";
                string index = view.Tag is null ? ObjectIds : ReparsePoints;
                run.Find(isOfFile
                    ? new Finding($"file record {view.File.Record}", null, $"its {what} is not in {index}", IndexNode.Clause)
                    : new Finding(index, null, $"{(view.Tag is null ? "an" : "a")} {what} leads to {view.File}, which has none such", IndexNode.Clause));
            }
        }
        else if (_entries == 0)
        {
            run.GiveUp("$Extend lists nothing");
        }
    }

    private bool Pass(CheckRun run)
    {
        _entries = 0;
        bool isWhole = run.Try(() => _hasReparsePoints = TryTakeIndex(ReparsePoints, "$R", TakeReparsePoint, run));
        isWhole &= run.Try(() => _hasObjectIds = TryTakeIndex(ObjectIds, "$O", TakeObjectId, run));
        return isWhole & new RecordScan(volume).Run(TakeFile, run);
    }

    private bool TryTakeIndex(string file, string name, IndexCheck.Taker take, CheckRun run)
    {
        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        if (volume.FindExtension(file) is not { } reference || ViewIndex.Open(volume, volume.ReadFile(reference, buffer.Span), name) is not { } index)
        {
            return false;
        }

        byte[]? last = null;
        var check = new IndexCheck(index, run)
        {
            Take = (entry, offset, address) =>
            {
                if (last is not null && index.Collation != Collation.SecurityId && ViewIndex.Compare(last, entry.Key) >= 0)
                {
                    run.Find(file, address, $"the key at byte {offset} of its index {name} does not follow on that before", IndexNode.Clause);
                }

                last = entry.Key.ToArray();
                _entries++;
                take(entry, offset, address);
            },
        };
        check.Run();
        return true;
    }

    private void TakeReparsePoint(IndexEntry entry, int offset, long address)
    {
        if (entry.Key.Length < ReparseKeyLength)
        {
            throw IndexNode.Damaged(address, IndexNode.NotWhole(offset));
        }

        State(new View(BinaryPrimitives.ReadUInt32LittleEndian(entry.Key), default, new FileReference(entry.Key[sizeof(uint)..])), isOfFile: false);
    }

    private void TakeObjectId(IndexEntry entry, int offset, long address)
    {
        if (entry.Key.Length < GuidLength || entry.Value.Length < FileReference.Size)
        {
            throw IndexNode.Damaged(address, IndexNode.NotWhole(offset));
        }

        State(new View(null, new Guid(entry.Key[..GuidLength]), new FileReference(entry.Value)), isOfFile: false);
    }

    private void TakeFile(FileRecord record)
    {
        if (record.Base.Value != 0)
        {
            return;
        }

        var scan = new AttributeScan(volume, record);
        try
        {
            while (scan.MoveNext())
            {
                if (_hasReparsePoints && scan.Current is { Type: AttributeType.ReparsePoint, LowestVcn: 0 })
                {
                    State(new View((uint)ReparsePoint.Read(volume, record, NtfsStream.Open(volume, ref scan)).Tag, default, record.Reference), isOfFile: true);
                }
                else if (_hasObjectIds && scan.Current is { Type: AttributeType.ObjectId, IsNonResident: false } && scan.Current.Value.Length >= GuidLength)
                {
                    State(new View(null, new Guid(scan.Current.Value[..GuidLength]), record.Reference), isOfFile: true);
                }
            }
        }
        finally
        {
            scan.Dispose();
        }
    }

    private void State(View view, bool isOfFile)
    {
        Span<byte> id = stackalloc byte[GuidLength];
        view.ObjectId.TryWriteBytes(id);
        ulong what = view.Tag ?? (BinaryPrimitives.ReadUInt64LittleEndian(id) ^ BucketSums.Mix(BinaryPrimitives.ReadUInt64LittleEndian(id[8..])));
        if (_sides.Add((ulong)view.File.Record, BucketSums.Fact(view.File.Value, what, view.Tag is null ? 1ul : 0), isOfFile))
        {
            _sides.Count(view, isOfFile);
        }
    }

    // $O has the number of each owner, and $Q the owner of each number.
    private void CheckQuotas(CheckRun run)
    {
        var numbers = new Dictionary<string, uint>(StringComparer.Ordinal);
        var owners = new Dictionary<uint, string>();
        bool isFull = false;
        TryTakeIndex(
            Quotas,
            "$O",
            (entry, offset, address) =>
            {
                isFull |= numbers.Count == MaxQuotas;
                if (entry.Value.Length < sizeof(uint))
                {
                    throw IndexNode.Damaged(address, IndexNode.NotWhole(offset));
                }

                if (!isFull)
                {
                    numbers[Convert.ToHexString(entry.Key)] = BinaryPrimitives.ReadUInt32LittleEndian(entry.Value);
                }
            },
            run);
        TryTakeIndex(
            Quotas,
            "$Q",
            (entry, offset, address) =>
            {
                isFull |= owners.Count == MaxQuotas;
                if (entry.Key.Length < sizeof(uint) || entry.Value.Length < QuotaHead)
                {
                    throw IndexNode.Damaged(address, IndexNode.NotWhole(offset));
                }

                if (!isFull)
                {
                    owners[BinaryPrimitives.ReadUInt32LittleEndian(entry.Key)] = Convert.ToHexString(entry.Value[QuotaHead..]);
                }
            },
            run);
        if (isFull)
        {
            run.Block($"{Quotas} has more than {MaxQuotas} owners: not all were looked at");
            return;
        }

        foreach ((string owner, uint number) in numbers)
        {
            if (!owners.TryGetValue(number, out string? known) || !known.StartsWith(owner, StringComparison.Ordinal))
            {
                run.Find(new Finding(Quotas, null, $"its index $O leads to {number}, which is not of that owner in $Q", IndexNode.Clause));
            }
        }

        // That of number 1 is for owners who have none yet.
        foreach (uint number in owners.Where(pair => pair.Value.Length > 0 && !numbers.ContainsValue(pair.Key)).Select(pair => pair.Key))
        {
            run.Find(new Finding(Quotas, null, $"the owner of number {number} in its index $Q is not in $O", IndexNode.Clause));
        }
    }

    /// <summary>What an index and a file state of each other: a reparse point of a tag, or without one an object identifier.</summary>
    private readonly record struct View(uint? Tag, Guid ObjectId, FileReference File);
}
