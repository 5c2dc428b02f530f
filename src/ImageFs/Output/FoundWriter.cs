using System.Text.Json;
using ImageFs.Reading;
using ImageFs.Tree;

namespace ImageFs.Output;

/// <summary>How what was found is printed.</summary>
internal enum FoundForm
{
    /// <summary>A path on each line.</summary>
    Line,

    /// <summary>Paths with a NUL behind each, as they are.</summary>
    Null,

    /// <summary>As <c>ls -l</c>.</summary>
    Long,

    /// <summary>An object with an array <c>files</c>, each of the shape that <see cref="FileJson"/> gives it.</summary>
    Json,
}

/// <summary>Prints what was found.</summary>
internal sealed class FoundWriter : IDisposable
{
    private readonly FileSystem _fileSystem;
    private readonly Stream _output;
    private readonly FoundForm _form;
    private readonly Listing _listing;
    private readonly Utf8JsonWriter? _json;

    /// <param name="output">Where to.</param>
    /// <param name="fileSystem">Where the files are.</param>
    /// <param name="form">How.</param>
    internal FoundWriter(Stream output, FileSystem fileSystem, FoundForm form)
    {
        _fileSystem = fileSystem;
        _output = output;
        _form = form;
        _listing = new Listing(fileSystem, output, static _ => { }) { IsLong = true };
        if (form == FoundForm.Json)
        {
            _json = JsonOutput.Open(output);
            _json.WriteStartObject();
            _json.WriteStartArray("files");
        }
    }

    /// <summary>Prints one file.</summary>
    /// <exception cref="Storage.ImageException">What is printed of it cannot be read.</exception>
    internal void Write(WalkedNode found)
    {
        byte[] path = found.Path.ToBytes();
        switch (_form)
        {
            case FoundForm.Json:
                FileJson.Write(_json!, _fileSystem, path, found.Node, found.Attributes);
                break;
            case FoundForm.Long:
                _listing.Write(new NamedNode(path, found.Node));
                break;
            case FoundForm.Null:
                _output.Write(path);
                _output.WriteByte(0);
                break;
            default:
                NameText.Write(_output, path);
                _output.WriteByte((byte)'\n');
                break;
        }
    }

    /// <summary>Ends what was printed.</summary>
    public void Dispose()
    {
        if (_json is not null)
        {
            _json.WriteEndArray();
            _json.WriteEndObject();
            _json.Dispose();
            _output.WriteByte((byte)'\n');
        }
    }
}
