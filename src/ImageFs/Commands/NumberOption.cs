using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace ImageFs.Commands;

/// <summary>An option with a number, 0 or more.</summary>
internal sealed class NumberOption : Option<int?>
{
    /// <param name="name">Its name.</param>
    /// <param name="aliases">Its other names.</param>
    internal NumberOption(string name, params string[] aliases)
        : base(name, aliases)
    {
        HelpName = "N";
        CustomParser = Parse;
    }

    private int? Parse(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return number;
        }

        result.AddError($"{Name} {text}: not a number");
        return null;
    }
}
