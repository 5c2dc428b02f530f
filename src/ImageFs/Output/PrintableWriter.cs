using System.Text;

namespace ImageFs.Output;

/// <summary>
/// The one way of lines to standard output: what is in a line is <see cref="PrintableText"/>, and a line ends only where one is ended.
/// A line is seen when it is written.
/// </summary>
/// <param name="output">Where to.</param>
/// <param name="isStyled">Whether it lets through what <see cref="Style"/> paints.</param>
internal sealed class PrintableWriter(Stream output, bool isStyled) : TextWriter
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc/>
    public override Encoding Encoding => s_utf8;

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

    private string Printable(string? text) => isStyled ? PrintableText.OfStyled(text ?? string.Empty) : PrintableText.Of(text ?? string.Empty);

    private void Put(string text) => output.Write(s_utf8.GetBytes(text));
}
