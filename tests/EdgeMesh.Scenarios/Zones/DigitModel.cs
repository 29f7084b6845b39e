using System.Text.Json;

namespace EdgeMesh.Scenarios.Zones;

/// <summary>A neural network that reads 8x8 grey images of digits: made here, from drawn digits with noise, and run by the inference service of the scenario.</summary>
/// <remarks>64 grey values, 24 hidden units with max(0, x), 10 outputs; stochastic gradient descent on softmax cross-entropy. Seeded: the same weights every time.</remarks>
internal sealed class DigitModel
{
    private const int Pixels = 64;
    private const int Hidden = 24;
    private const int Digits = 10;
    private const int Steps = 10_000;
    private const double Rate = 0.05;

    // 3 wide and 5 high, row by row: each digit as on a pocket calculator.
    private static readonly string[] Glyphs =
    [
        "111101101101111", "010110010010111", "111001111100111", "111001111001111", "101101111001001",
        "111100111001111", "111100111101111", "111001001001001", "111101111101111", "111101111001111",
    ];

    private readonly double[][] _hidden;
    private readonly double[][] _output;

    private DigitModel(Random random)
    {
        _hidden = Layer(Hidden, Pixels, random);
        _output = Layer(Digits, Hidden, random);
    }

    /// <summary>Makes the weights; a fraction of a second.</summary>
    public static DigitModel Train(int seed)
    {
        var random = new Random(seed);
        var model = new DigitModel(random);
        for (var step = 0; step < Steps; step++)
        {
            var digit = random.Next(Digits);
            model.Learn(Draw(digit, random), digit);
        }

        return model;
    }

    /// <summary>An image of a digit: about the middle of the frame, grey on dark, with noise.</summary>
    public static byte[] Draw(int digit, Random random)
    {
        var image = new byte[Pixels];
        var (left, top) = (random.Next(2, 4), random.Next(1, 3));
        for (var i = 0; i < Pixels; i++)
        {
            var (x, y) = ((i % 8) - left, (i / 8) - top);
            var isInk = x is >= 0 and < 3 && y is >= 0 and < 5 && Glyphs[digit][(y * 3) + x] == '1';
            image[i] = (byte)((isInk ? 180 : 0) + random.Next(60));
        }

        return image;
    }

    /// <summary>Writes the weights as the service reads them.</summary>
    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(new Dictionary<string, double[][]> { ["hidden"] = _hidden, ["output"] = _output }));

    /// <summary>The digit that it reads in an image, as the service must.</summary>
    public int Read(byte[] image)
    {
        var scores = Dense(_output, Activate(image));
        return Array.IndexOf(scores, scores.Max());
    }

    private static double[][] Layer(int units, int inputs, Random random) =>
        [.. Enumerable.Range(0, units).Select(_ => Enumerable.Range(0, inputs + 1).Select(i => i == inputs ? 0 : (random.NextDouble() - 0.5) * Math.Sqrt(8.0 / inputs)).ToArray())];

    private static double[] Dense(double[][] layer, double[] values)
    {
        var sums = new double[layer.Length];
        for (var k = 0; k < layer.Length; k++)
        {
            for (var i = 0; i < values.Length; i++)
            {
                sums[k] += values[i] * layer[k][i];
            }

            sums[k] += layer[k][^1];
        }

        return sums;
    }

    private double[] Activate(byte[] image) => [.. Dense(_hidden, [.. image.Select(grey => grey / 255.0)]).Select(sum => Math.Max(0, sum))];

    private void Learn(byte[] image, int digit)
    {
        double[] input = [.. image.Select(grey => grey / 255.0)];
        var hidden = Activate(image);
        var scores = Dense(_output, hidden);
        var most = scores.Max();
        double[] powers = [.. scores.Select(score => Math.Exp(score - most))];
        var total = powers.Sum();
        var back = new double[Hidden];
        for (var k = 0; k < Digits; k++)
        {
            var error = (powers[k] / total) - (k == digit ? 1 : 0);
            for (var j = 0; j < Hidden; j++)
            {
                back[j] += error * _output[k][j];
                _output[k][j] -= Rate * error * hidden[j];
            }

            _output[k][^1] -= Rate * error;
        }

        for (var j = 0; j < Hidden; j++)
        {
            if (hidden[j] <= 0)
            {
                continue;
            }

            for (var i = 0; i < Pixels; i++)
            {
                _hidden[j][i] -= Rate * back[j] * input[i];
            }

            _hidden[j][^1] -= Rate * back[j];
        }
    }
}
