using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using ImageFs.Fuzz.Mutation;

namespace ImageFs.Fuzz.Making;

/// <summary>
/// An image of Apple's taken apart: the block tables are in the seed as the bytes that they are, and become the text of the property list
/// when it is read. So mutants are made of their numbers, and not of letters.
/// </summary>
internal sealed partial class DmgParts
{
    private const int TrailerLength = 512;

    private readonly byte[] _file;
    private readonly int _listStart;
    private readonly string[] _texts;
    private readonly byte[][] _tables;

    private DmgParts(byte[] file)
    {
        _file = file;
        ReadOnlySpan<byte> trailer = file.AsSpan(file.Length - TrailerLength);
        _listStart = (int)BinaryPrimitives.ReadInt64BigEndian(trailer[216..]);
        string[] pieces = Data().Split(Encoding.UTF8.GetString(file, _listStart, file.Length - TrailerLength - _listStart));
        _texts = [.. pieces.Where((_, index) => index % 2 == 0)];
        _tables = [.. pieces.Where((_, index) => index % 2 == 1).Select(Convert.FromBase64String)];
    }

    /// <summary>A seed of an image.</summary>
    public static Seed Seed(string name, Func<byte[]> read)
    {
        var parts = new Lazy<DmgParts>(() => new DmgParts(read()));
        return new Seed(name, () => [.. parts.Value._file[..parts.Value._listStart], .. parts.Value._tables.SelectMany(table => table), .. parts.Value._file[^TrailerLength..]])
        {
            Form = mutant => parts.Value.Form(mutant),
        };
    }

    private FormedDevice Form(MutantDevice mutant)
    {
        var form = new FormedDevice(mutant);
        form.Add(_listStart);
        for (int i = 0; i < _tables.Length; i++)
        {
            form.AddText(Encoding.UTF8.GetBytes(_texts[i]));
            form.AddBase64(_tables[i].Length);
        }

        form.AddText(Encoding.UTF8.GetBytes(_texts[^1]));
        form.Add(TrailerLength);
        return form;
    }

    // Its one group is a piece of its own: every second one.
    [GeneratedRegex("(?<=<data>)([^<]*)(?=</data>)")]
    private static partial Regex Data();
}
