using System.Globalization;
using ImageFs.FileSystems.Checking;
using ImageFs.FileSystems.Ntfs.Indexes;
using ImageFs.Storage.Checking;
using Directory = ImageFs.FileSystems.Ntfs.Directories.Directory;

namespace ImageFs.FileSystems.Ntfs.Checks;

/// <summary>
/// Checks the indexes of all directories, and that they have the names that files have, and no others. The first walk finds out whether that is so, by
/// sums; a second one, if it is not, which names: so memory does not grow with their number.
/// </summary>
/// <param name="volume">The volume.</param>
/// <param name="upcase">The order of names.</param>
internal sealed class NameCheck(NtfsVolume volume, UpcaseTable upcase)
{
    private const int MaxFindings = 1000;
    private const string Clause = "linux-ntfs, $FILE_NAME";

    private readonly TwoSides<Named> _sides = new();

    /// <summary>Checks all.</summary>
    public void Run(CheckRun run)
    {
        long directories = 0;
        bool isWhole = new RecordScan(volume).Run(
            record =>
            {
                directories += record.IsDirectory ? 1 : 0;
                Take(record, run);
            },
            run);
        run.Extent = directories.ToString(CultureInfo.InvariantCulture);
        if (!isWhole)
        {
            run.GiveUp("what is damaged hides some names");
        }
        else if (!_sides.IsEven)
        {
            _sides.BeginSecondPass();
            var silent = new CheckRun(_ => { }, _ => { });
            new RecordScan(volume).Run(record => Take(record, silent), silent);
            TellDifferences(run);
        }
    }

    private void Take(FileRecord record, CheckRun run)
    {
        if (record.Base.Value != 0)
        {
            return;
        }

        FileReference file = record.Reference;
        using (var scan = new AttributeScan(volume, record))
        {
            while (scan.MoveNext())
            {
                if (scan.Current.Type == AttributeType.FileName && !scan.Current.IsNonResident && new FileName(scan.Current.Value) is { IsWhole: true } name)
                {
                    State(file, name, isEntry: false);
                }
            }
        }

        if (record.IsDirectory)
        {
            TakeEntries(new Directory(volume, record), run);
        }
    }

    private void TakeEntries(Directory directory, CheckRun run)
    {
        string? last = null;
        var check = new IndexCheck(directory.Index, run)
        {
            Take = (entry, offset, address) =>
            {
                var name = new FileName(entry.Key);
                if (!name.IsWhole)
                {
                    throw IndexNode.Damaged(address, IndexNode.NotWhole(offset));
                }

                int order = last is null ? -1 : upcase.CompareCaseless(last, name.Name);
                if (order > 0 || (order == 0 && name.Name.SequenceEqual(last)))
                {
                    run.Find($"index of file record {directory.Reference.Record}", address, $"its name '{name.Name}' follows on '{last}'", IndexNode.Clause);
                }

                last = name.Name.ToString();
                State(entry.File, name, isEntry: true);
            },
        };
        check.Run();
    }

    private void State(FileReference file, FileName name, bool isEntry)
    {
        ulong hash = (ulong)name.NameSpace;
        foreach (char unit in name.Name)
        {
            hash = BucketSums.Mix(hash ^ unit);
        }

        if (_sides.Add((ulong)name.Parent.Record, BucketSums.Fact(name.Parent.Value, file.Value, hash), isFirst: !isEntry))
        {
            _sides.Count(new Named(name.Parent, file, name.Name.ToString(), name.NameSpace), isFirst: !isEntry);
        }
    }

    private void TellDifferences(CheckRun run)
    {
        if (_sides.IsFull)
        {
            run.Find(new Finding(string.Empty, null, "more names may be wrong than are told"));
        }

        foreach ((Named named, bool isOfFile) in _sides.Differences.OrderBy(pair => pair.Fact.File.Record).Take(MaxFindings))
        {
            run.Find(isOfFile
                ? new Finding($"file record {named.File.Record}", null, $"its name '{named.Name}' is not in the index of its directory {named.Parent}", Clause)
                : new Finding($"index of file record {named.Parent.Record}", null, $"its name '{named.Name}' leads to {named.File}, which has no such name", Clause));
        }
    }

    /// <summary>A name of a file.</summary>
    private readonly record struct Named(FileReference Parent, FileReference File, string Name, NameSpace NameSpace);
}
