using System.Text;
using ImageFs.Linux;

namespace ImageFs.Output;

/// <summary>
/// The one way of lines to standard output: what is in a line is <see cref="PrintableText"/>, and a line ends only where one is ended.
/// A line is seen when it is written. Bytes that are no UTF-8 stay as they are where no terminal reads them.
/// </summary>
/// <param name="output">Where to.</param>
/// <param name="isStyled">Whether it lets through what <see cref="Style"/> paints.</param>
internal sealed class PrintableWriter(Stream output, bool isStyled) : TextWriter
{
    private static readonly bool s_keepsBytes = Console.IsOutputRedirected;

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value) => Write(value.ToString());

    /// <inheritdoc/>
    public override void Write(string? value) => Put(Printable(value));

    /// <inheritdoc/>
    public override void WriteLine() => WriteLine(string.Empty);

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        Put(Printable(value) + '\n');
        output.Flush();
    }

    /// <inheritdoc/>
    public override void Flush() => output.Flush();

    private string Printable(string? text) => PrintableText.Of(text ?? string.Empty, isStyled, s_keepsBytes);

    private void Put(string text) => output.Write(ByteText.ToBytes(text));
}
