using ImageFs.Reading;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.Checking;

/// <summary>
/// Looks for bytes that two files have: crossed chains, extents that overlap. The first walk finds the places, by a bit for each block;
/// a second one, when there are any, whose they are. So memory does not grow with the files.
/// </summary>
/// <param name="fileSystem">The file system.</param>
/// <param name="volume">The volume that it is on.</param>
internal sealed class OverlapCheck(FileSystem fileSystem, BlockSource volume)
{
    private const string Name = "extents of two files";
    private const int MaxRanges = 1 << 16;

    private readonly long _cellLength = fileSystem.Statistics.BlockSize;
    private readonly SharedBytes _shared = fileSystem.Checks.SharedBytes;
    private readonly List<Range> _ranges = [];
    private long? _origin;
    private bool _isFull;

    /// <summary>The check.</summary>
    public static Check Of(FileSystem fileSystem, BlockSource volume) => new(Name, run => new OverlapCheck(fileSystem, volume).Run(run));

    private void Run(CheckRun run)
    {
        if (_shared == SharedBytes.Any)
        {
            run.GiveUp("files share blocks here on purpose");
            return;
        }

        long cells = (volume.Length / _cellLength) + 1;
        if (cells > CellMap.MaxCells)
        {
            run.GiveUp($"the volume has {cells} blocks, more than {CellMap.MaxCells}");
            return;
        }

        var map = new CellMap(cells);
        ForEachExtent((_, run) => Mark(map, run));
        if (_ranges.Count > 0)
        {
            Join();
            ForEachExtent(NameOwner);
            _ranges.ForEach(range => Tell(range, run));
        }

        if (_isFull)
        {
            run.Find(new Finding(string.Empty, null, $"there are more than {MaxRanges} places: the rest is not told"));
        }
    }

    // What cannot be read is reported by the check of the files.
    private void ForEachExtent(Action<FilePath, VolumeRun> take)
    {
        void Look(WalkedNode walked)
        {
            if (walked.Attributes.Type == NodeType.Regular)
            {
                foreach (VolumeRun run in VolumeExtents.Of(fileSystem.OpenFile(walked.Node), volume))
                {
                    take(walked.Path, run);
                }
            }
        }

        new TreeWalk(fileSystem, Look) { TakesFilesOnce = true }.Run("/"u8.ToArray(), fileSystem.Root);
    }

    // Blocks lie at multiples of their size from the first one on: those of FAT begin anywhere.
    private void Mark(CellMap map, VolumeRun run)
    {
        // What is encoded begins anywhere in a block.
        long origin = run.IsEncoded ? _origin ?? 0 : _origin ??= run.Address % _cellLength;
        long first = (run.Address - origin + _cellLength - 1) / _cellLength;
        long end = (run.End - origin + _cellLength - 1) / _cellLength;
        int before = _ranges.Count;
        for (long cell = Math.Max(0, first); cell < end; cell++)
        {
            if (map.Set(cell))
            {
                Add(origin + (cell * _cellLength), before);
            }
        }
    }

    // Ranges of two extents are kept apart, those of one are joined.
    private void Add(long address, int before)
    {
        if (_ranges.Count > before && _ranges[^1].End == address)
        {
            _ranges[^1].End += _cellLength;
        }
        else if (_ranges.Count < MaxRanges)
        {
            _ranges.Add(new Range { Start = address, End = address + _cellLength });
        }
        else
        {
            _isFull = true;
        }
    }

    // Three files in one place have found it twice.
    private void Join()
    {
        _ranges.Sort((one, other) => one.Start.CompareTo(other.Start));
        int kept = 0;
        for (int i = 0; i < _ranges.Count; i++)
        {
            Range range = _ranges[i];
            if (kept > 0 && range.Start < _ranges[kept - 1].End)
            {
                _ranges[kept - 1].End = Math.Max(_ranges[kept - 1].End, range.End);
            }
            else
            {
                _ranges[kept++] = range;
            }
        }

        _ranges.RemoveRange(kept, _ranges.Count - kept);
    }

    private void NameOwner(FilePath path, VolumeRun run)
    {
        (long address, long length, _) = run;
        int index = _ranges.BinarySearch(new Range { Start = address }, Comparer<Range>.Create((one, other) => one.Start.CompareTo(other.Start)));
        index = index >= 0 ? index : Math.Max(0, ~index - 1);
        for (; index < _ranges.Count && _ranges[index].Start < address + length; index++)
        {
            if (_ranges[index].End > address)
            {
                _ranges[index].AddOwner(path, address, length, _cellLength);
            }
        }
    }

    private void Tell(Range range, CheckRun run)
    {
        bool isMeant = _shared switch
        {
            SharedBytes.Extents => range.IsOneExtent,
            SharedBytes.Parts => range.IsOneExtent || range.IsNested,
            _ => false,
        };
        if (isMeant)
        {
            return;
        }

        string others = string.Join(", ", range.Owners.Skip(1).Distinct());
        string problem = others.Length == 0 || range.Owners.Distinct().Count() == 1
            ? $"{range.End - range.Start} bytes are in the file twice"
            : $"{range.End - range.Start} bytes also belong to {others}";
        run.Find(new Finding("extent", range.Start, problem) { File = range.Owners.FirstOrDefault() ?? string.Empty });
    }

    /// <summary>Bytes that more than one file has.</summary>
    private sealed class Range
    {
        private const int MaxOwners = 4;

        private (long Address, long Length)? _extent;
        private (long Address, long Length)? _around;

        public long Start { get; init; }

        public long End { get; set; }

        /// <summary>The files' paths; the first ones.</summary>
        public List<string> Owners { get; } = [];

        /// <summary>Whether all that are there have the same extent.</summary>
        public bool IsOneExtent { get; private set; } = true;

        /// <summary>Whether none crosses another: all lie in these bytes, but for one, which they are a part of.</summary>
        public bool IsNested { get; private set; } = true;

        public void AddOwner(FilePath path, long address, long length, long cellLength)
        {
            _extent ??= (address, length);
            IsOneExtent &= _extent == (address, length);
            bool isInside = address > Start - cellLength && address + length <= End;
            if (!isInside)
            {
                _around ??= (address, length);
                IsNested &= _around == (address, length) && address <= Start && address + length > End - cellLength;
            }

            if (Owners.Count < MaxOwners)
            {
                Owners.Add(path.ToString());
            }
        }
    }
}
