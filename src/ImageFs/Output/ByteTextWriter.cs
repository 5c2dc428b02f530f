using System.Text;
using ImageFs.Linux;

namespace ImageFs.Output;

/// <summary>
/// Writes text with the bytes that it is for (<see cref="ByteText"/>): a name that is no UTF-8 comes out as it is. For programs that
/// read them; what people read goes by <see cref="PrintableWriter"/>.
/// </summary>
/// <param name="output">Where to; it is flushed after each call.</param>
internal sealed class ByteTextWriter(Stream output) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        output.Write(ByteText.ToBytes(buffer));
        output.Flush();
    }

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write($"{value}\n");

    /// <inheritdoc/>
    public override void Flush() => output.Flush();
}
